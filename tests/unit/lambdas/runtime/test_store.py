from threading import Barrier

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lambdas.runtime.settings import Settings
from lambdas.runtime.store import READ_AHEAD, ArtifactStore
from recommender.errors import ArtifactNotFoundError


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


def test_objects_are_read_in_order_a_few_ahead(store, bucket, monkeypatch):
    keys = [f"p/{number:03d}" for number in range(3 * READ_AHEAD)]
    for key in keys:
        bucket.put(key, key.encode())
    asked: list[str] = []
    together = Barrier(READ_AHEAD)  # opens only to so many requests at a time
    get = store.get

    def watched(key):
        asked.append(key)
        together.wait(timeout=60)
        return get(key)

    monkeypatch.setattr(store, "get", watched)
    given = store.get_each(keys)

    assert next(given) == b"p/000"
    assert len(asked) <= READ_AHEAD + 1
    assert [key.encode() for key in keys[1:]] == list(given)


def test_a_missing_object_is_told_when_it_is_its_turn(store, bucket):
    bucket.put("a", b"content")
    given = store.get_each(["a", "b", "a"])

    assert next(given) == b"content"
    with pytest.raises(ArtifactNotFoundError, match="s3://data-bucket/b: expected what an earlier"):
        next(given)


def test_files_are_copied_both_ways(store, bucket, tmp_path):
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(b"content")

    store.upload(there, "a/b.parquet", content_type="some/type")
    store.download("a/b.parquet", back)

    assert back.read_bytes() == b"content"
    head = bucket.client.head_object(Bucket="data-bucket", Key="a/b.parquet")
    assert head["ContentType"] == "some/type"


def test_a_missing_artifact_is_not_downloaded(store, tmp_path):
    with pytest.raises(ArtifactNotFoundError, match="s3://data-bucket/a/b: expected what an earl"):
        store.download("a/b", tmp_path / "back")

    assert list(tmp_path.iterdir()) == []


def test_keys_are_listed_over_all_pages(store, bucket, monkeypatch):
    for number in range(5):
        bucket.put(f"p/{number}", b"")
    bucket.put("q", b"")
    paginate = store._client.get_paginator("list_objects_v2").paginate
    pages = list(paginate(Bucket="data-bucket", Prefix="p/", PaginationConfig={"PageSize": 2}))
    assert len(pages) == 3

    assert store.keys("p/") == [f"p/{number}" for number in range(5)]


def stubbed(code: str, status: int) -> ArtifactStore:
    client = boto3.client("s3", region_name="us-east-1")
    stubber = Stubber(client)
    stubber.add_client_error("get_object", code, http_status_code=status)
    stubber.activate()
    return ArtifactStore(client, "data-bucket")


def test_other_failures_of_s3_stay_what_they_are(environment):
    with pytest.raises(ClientError, match="SlowDown"):
        stubbed("SlowDown", 503).get("key")
