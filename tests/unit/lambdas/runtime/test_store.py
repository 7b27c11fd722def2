import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lambdas.runtime.settings import Settings
from lambdas.runtime.store import ArtifactStore
from recommender.errors import ArtifactNotFoundError, RatingsNotFoundError


@pytest.fixture
def store(bucket):
    return ArtifactStore.from_settings(Settings.from_env())


def test_what_is_put_can_be_got(store, bucket):
    store.put("a/b.json", b"{}", content_type="application/json")

    assert store.get("a/b.json") == b"{}"
    head = bucket.client.head_object(Bucket="data-bucket", Key="a/b.json")
    assert head["ContentType"] == "application/json"
    assert store.uri("a/b.json") == "s3://data-bucket/a/b.json"


def test_a_missing_artifact_says_where_it_should_be(store):
    with pytest.raises(ArtifactNotFoundError, match="s3://data-bucket/a/b: expected what an earl"):
        store.get("a/b")


def test_keys_are_listed_over_all_pages(store, bucket, monkeypatch):
    for number in range(5):
        bucket.put(f"p/{number}", b"")
    bucket.put("q", b"")
    paginate = store._client.get_paginator("list_objects_v2").paginate
    pages = list(paginate(Bucket="data-bucket", Prefix="p/", PaginationConfig={"PageSize": 2}))
    assert len(pages) == 3

    assert store.keys("p/") == [f"p/{number}" for number in range(5)]


def names(sources):
    return [source.name.removeprefix("s3://data-bucket/") for source in sources]


def test_an_object_is_one_source(store, bucket):
    bucket.put("raw/ratings", b"content")
    bucket.put("raw/ratings/other", b"")

    (source,) = store.ratings_sources("s3://data-bucket/raw/ratings")

    assert source.name == "s3://data-bucket/raw/ratings"
    with source.open() as stream:
        assert stream.read() == b"content"


@pytest.mark.parametrize("uri", ["s3://data-bucket/raw/ratings", "s3://data-bucket/raw/ratings/"])
def test_a_folder_is_all_its_objects_but_markers(store, bucket, uri):
    for key in ("b.inter", "a.item", "deep/c.inter", "_SUCCESS", ".hidden", ""):
        bucket.put(f"raw/ratings/{key}", b"x")
    bucket.put("raw/ratings-of-others", b"x")

    assert names(store.ratings_sources(uri)) == [
        "raw/ratings/a.item",
        "raw/ratings/b.inter",
        "raw/ratings/deep/c.inter",
    ]


@pytest.mark.parametrize(
    "uri", ["s3://data-bucket/nothing", "s3://no-such-bucket/key", "s3://no-such-bucket/key/"]
)
def test_ratings_that_are_not_there_are_reported_with_their_place(store, uri):
    with pytest.raises(
        RatingsNotFoundError, match=f"{uri}: expected .*ratings.*dataset.uri"
    ) as got:
        store.ratings_sources(uri)
    assert "\n" not in str(got.value)


def stubbed(code: str, status: int) -> ArtifactStore:
    client = boto3.client("s3", region_name="us-east-1")
    stubber = Stubber(client)
    for method in ("head_object", "get_object"):
        stubber.add_client_error(method, code, http_status_code=status)
    stubber.activate()
    return ArtifactStore(client, "data-bucket")


def test_ratings_that_may_not_be_read_are_said_so(environment):
    with pytest.raises(RatingsNotFoundError, match=r"may not be read \(403\)"):
        stubbed("403", 403).ratings_sources("s3://withdrawn/reviews.tsv.gz")


def test_other_failures_of_s3_stay_what_they_are(environment):
    store = stubbed("SlowDown", 503)

    with pytest.raises(ClientError, match="SlowDown"):
        store.ratings_sources("s3://data-bucket/raw/ratings")
    with pytest.raises(ClientError, match="SlowDown"):
        store.get("key")
