import hashlib

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lambdas.preprocess.ratings_sources import ratings_sources
from recommender.errors import RatingsNotFoundError
from recommender.source_record import MAX_RECORDED, SourceRecord


def names(sources):
    return [source.name.removeprefix("s3://data-bucket/") for source in sources]


def test_an_object_is_one_source(bucket):
    bucket.put("raw/ratings", b"content")
    bucket.put("raw/ratings/other", b"")

    (source,) = ratings_sources(bucket.client, "s3://data-bucket/raw/ratings", SourceRecord())

    assert source.name == "s3://data-bucket/raw/ratings"
    assert source.n_bytes == len(b"content")
    with source.open() as stream:
        assert stream.read() == b"content"


@pytest.mark.parametrize("uri", ["s3://data-bucket/raw/ratings", "s3://data-bucket/raw/ratings/"])
def test_a_folder_is_all_its_objects_but_markers(bucket, uri):
    for key in ("b.inter", "a.item", "deep/c.inter", "_SUCCESS", ".hidden", ""):
        bucket.put(f"raw/ratings/{key}", b"x")
    bucket.put("raw/ratings-of-others", b"x")

    assert names(ratings_sources(bucket.client, uri, SourceRecord())) == [
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
        ratings_sources(bucket.client, uri, SourceRecord())
    assert "\n" not in str(got.value)


def stubbed(code: str, status: int):
    client = boto3.client("s3", region_name="us-east-1")
    stubber = Stubber(client)
    stubber.add_client_error("head_object", code, http_status_code=status)
    stubber.activate()
    return client


def test_ratings_that_may_not_be_read_are_said_so(environment):
    with pytest.raises(RatingsNotFoundError, match=r"may not be read \(403\)"):
        ratings_sources(stubbed("403", 403), "s3://withdrawn/reviews.tsv.gz", SourceRecord())


def test_other_failures_of_s3_stay_what_they_are(environment):
    with pytest.raises(ClientError, match="SlowDown"):
        ratings_sources(stubbed("SlowDown", 503), "s3://data-bucket/raw/ratings", SourceRecord())


def test_what_was_read_is_recorded_and_only_that(bucket):
    bucket.put("raw/ratings/b", b"other content")
    bucket.put("raw/ratings/a", b"content")
    record = SourceRecord()

    first, second = ratings_sources(bucket.client, "s3://data-bucket/raw/ratings", record)
    assert record.document()["count"] == 0
    for source in (second, first, second):
        with source.open() as stream:
            stream.read()

    told = record.document()
    lines = [
        f"s3://data-bucket/raw/ratings/{name} {len(content)} {hashlib.md5(content).hexdigest()}\n"  # noqa: S324
        for name, content in (("a", b"content"), ("b", b"other content"))
    ]
    assert (told["count"], told["n_bytes"]) == (2, 20)
    assert told["sha256"] == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert told["objects"][0] == {
        "uri": "s3://data-bucket/raw/ratings/a",
        "n_bytes": 7,
        "etag": hashlib.md5(b"content").hexdigest(),  # noqa: S324
        "version_id": None,
    }


def test_the_version_that_was_read_is_recorded(bucket):
    bucket.client.put_bucket_versioning(
        Bucket="data-bucket", VersioningConfiguration={"Status": "Enabled"}
    )
    bucket.put("raw/ratings", b"content")
    record = SourceRecord()

    (source,) = ratings_sources(bucket.client, "s3://data-bucket/raw/ratings", record)
    source.open().close()
    bucket.put("raw/ratings", b"newer")

    versions = bucket.client.list_object_versions(Bucket="data-bucket")["Versions"]
    (read,) = [version for version in versions if not version["IsLatest"]]
    assert record.document()["objects"][0]["version_id"] == read["VersionId"]


def test_many_objects_are_counted_and_the_first_listed():
    record = SourceRecord()
    for number in range(MAX_RECORDED + 5):
        record.add(f"s3://b/{number:04d}", {"ContentLength": 1, "ETag": '"e"'})

    told = record.document()

    assert (told["count"], told["n_bytes"], len(told["objects"])) == (105, 105, MAX_RECORDED)
    assert told["objects"][-1]["uri"] == "s3://b/0099"
