"""Canary of ``embedded_aws.fixes.conditional_writes``."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import S3Backend

from embedded_aws.server import EmbeddedAws

N_WRITERS = 20


@pytest.fixture(scope="module")
def client(aws: EmbeddedAws) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket="conditional-writes")
    return client


@pytest.fixture
def slow_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave time between looking and writing, so that a race happens every time."""
    put_object = S3Backend.put_object

    def put_slowly(*args: Any, **kwargs: Any) -> Any:
        time.sleep(0.01)
        return put_object(*args, **kwargs)

    monkeypatch.setattr(S3Backend, "put_object", put_slowly)


def put(client: Any, key: str, body: bytes, **condition: str) -> str:
    """Give S3's code of the answer, "" for success."""
    try:
        client.put_object(Bucket="conditional-writes", Key=key, Body=body, **condition)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def read(client: Any, key: str) -> bytes:
    content: bytes = client.get_object(Bucket="conditional-writes", Key=key)["Body"].read()
    return content


def at_once(client: Any, key: str, **condition: str) -> dict[bytes, str]:
    """Write from many threads at the same moment; the answers by what was to be written."""
    barrier = threading.Barrier(N_WRITERS)

    def write(body: bytes) -> str:
        barrier.wait()
        return put(client, key, body, **condition)

    bodies = [b"writer %d" % number for number in range(N_WRITERS)]
    with ThreadPoolExecutor(N_WRITERS) as threads:
        return dict(zip(bodies, threads.map(write, bodies), strict=True))


def assert_one_won(client: Any, key: str, answers: dict[bytes, str]) -> None:
    (winner,) = (body for body, code in answers.items() if not code)
    assert read(client, key) == winner
    assert sorted(answers.values())[1:] == ["PreconditionFailed"] * (N_WRITERS - 1)


@pytest.mark.usefixtures("slow_writes")
def test_one_of_many_creates_an_object(client: Any) -> None:
    assert_one_won(client, "new", at_once(client, "new", IfNoneMatch="*"))


@pytest.mark.usefixtures("slow_writes")
def test_one_of_many_replaces_an_object(client: Any) -> None:
    etag = client.put_object(Bucket="conditional-writes", Key="old", Body=b"first")["ETag"]

    assert_one_won(client, "old", at_once(client, "old", IfMatch=etag))


def test_a_condition_that_holds_is_no_hindrance(client: Any) -> None:
    assert put(client, "mine", b"1", IfNoneMatch="*") == ""
    etag = client.head_object(Bucket="conditional-writes", Key="mine")["ETag"]
    assert put(client, "mine", b"2", IfMatch=etag) == ""
    assert put(client, "mine", b"3", IfMatch=etag) == "PreconditionFailed"
    assert read(client, "mine") == b"2"


def test_there_is_nothing_to_match_where_there_is_no_object(client: Any) -> None:
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.put_object(Bucket="conditional-writes", Key="none", Body=b"", IfMatch='"etag"')

    assert caught.value.response["Error"]["Code"] == "NoSuchKey"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
