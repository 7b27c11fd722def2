import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lambdas.preprocess.ratings_sources import ratings_sources
from recommender.errors import RatingsNotFoundError


def names(sources):
    return [source.name.removeprefix("s3://data-bucket/") for source in sources]


def test_an_object_is_one_source(bucket):
    bucket.put("raw/ratings", b"content")
    bucket.put("raw/ratings/other", b"")

    (source,) = ratings_sources(bucket.client, "s3://data-bucket/raw/ratings")

    assert source.name == "s3://data-bucket/raw/ratings"
    assert source.n_bytes == len(b"content")
    with source.open() as stream:
        assert stream.read() == b"content"


@pytest.mark.parametrize("uri", ["s3://data-bucket/raw/ratings", "s3://data-bucket/raw/ratings/"])
def test_a_folder_is_all_its_objects_but_markers(bucket, uri):
    for key in ("b.inter", "a.item", "deep/c.inter", "_SUCCESS", ".hidden", ""):
        bucket.put(f"raw/ratings/{key}", b"x")
    bucket.put("raw/ratings-of-others", b"x")

    assert names(ratings_sources(bucket.client, uri)) == [
        "raw/ratings/a.item",
        "raw/ratings/b.inter",
        "raw/ratings/deep/c.inter",
    ]


@pytest.mark.parametrize(
    "uri", ["s3://data-bucket/nothing", "s3://no-such-bucket/key", "s3://no-such-bucket/key/"]
)
def test_ratings_that_are_not_there_are_reported_with_their_place(bucket, uri):
    with pytest.raises(
        RatingsNotFoundError, match=f"{uri}: expected .*ratings.*dataset.uri"
    ) as got:
        ratings_sources(bucket.client, uri)
    assert "\n" not in str(got.value)


def stubbed(code: str, status: int):
    client = boto3.client("s3", region_name="us-east-1")
    stubber = Stubber(client)
    stubber.add_client_error("head_object", code, http_status_code=status)
    stubber.activate()
    return client


def test_ratings_that_may_not_be_read_are_said_so(environment):
    with pytest.raises(RatingsNotFoundError, match=r"may not be read \(403\)"):
        ratings_sources(stubbed("403", 403), "s3://withdrawn/reviews.tsv.gz")


def test_other_failures_of_s3_stay_what_they_are(environment):
    with pytest.raises(ClientError, match="SlowDown"):
        ratings_sources(stubbed("SlowDown", 503), "s3://data-bucket/raw/ratings")
