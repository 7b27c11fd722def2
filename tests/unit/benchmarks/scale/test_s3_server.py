"""The stand-in for S3 answers boto3 as S3 does, and counts."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import numpy as np
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from benchmarks.scale.s3_server import S3Server, counts_of

BUCKET = "bucket"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[S3Server]:
    (tmp_path / BUCKET).mkdir()
    with S3Server(tmp_path) as opened:
        Thread(target=opened.serve_forever).start()
        yield opened
        opened.shutdown()


@pytest.fixture
def s3(server: S3Server) -> Iterator[Any]:
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    yield client
    client.close()


def keys(s3: Any, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_an_object_is_what_was_put(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="a/ü&<b>.txt", Body=b"0123456789")
    found = s3.head_object(Bucket=BUCKET, Key="a/ü&<b>.txt")
    assert found["ContentLength"] == 10
    assert s3.get_object(Bucket=BUCKET, Key="a/ü&<b>.txt")["Body"].read() == b"0123456789"
    (listed,) = s3.list_objects_v2(Bucket=BUCKET, Prefix="a/")["Contents"]
    assert (listed["Key"], listed["Size"]) == ("a/ü&<b>.txt", 10)
    assert listed["ETag"] == found["ETag"]


@pytest.mark.parametrize(
    ("asked", "content"),
    [("bytes=0-3", b"0123"), ("bytes=4-", b"456789"), ("bytes=8-99", b"89")],
)
def test_a_range_of_an_object(s3: Any, asked: str, content: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"0123456789")
    assert s3.get_object(Bucket=BUCKET, Key="a", Range=asked)["Body"].read() == content


def test_a_range_behind_the_end_is_refused(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"0123456789")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=BUCKET, Key="a", Range="bytes=10-")
    assert code(error) == "InvalidRange"


def test_another_content_than_the_one_that_is_asked_for_is_refused(s3: Any) -> None:
    before = s3.put_object(Bucket=BUCKET, Key="a", Body=b"before")["ETag"]
    assert s3.get_object(Bucket=BUCKET, Key="a", IfMatch=before)["Body"].read() == b"before"
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"afterwards")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=BUCKET, Key="a", IfMatch=before)
    assert code(error) == "PreconditionFailed"


def test_what_is_missing_is_told(s3: Any) -> None:
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=BUCKET, Key="a")
    assert code(error) == "NoSuchKey"
    with pytest.raises(ClientError) as error:
        s3.list_objects_v2(Bucket="other")
    assert code(error) == "NoSuchBucket"


def test_a_large_file_goes_in_parts_and_comes_back_whole(
    s3: Any, server: S3Server, tmp_path: Path
) -> None:
    # Three parts of 5 MiB, as small as S3 allows.
    content = np.random.default_rng(0).bytes(12_800_000)
    path = tmp_path / "file"
    path.write_bytes(content)
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_file(str(path), BUCKET, "large", Config=config)
    assert s3.get_object(Bucket=BUCKET, Key="large")["Body"].read() == content
    counts = counts_of(f"http://127.0.0.1:{server.server_port}")
    assert counts["requests"]["UploadPart"] == 3
    assert counts["bytes"]["UploadPart"] == counts["bytes"]["GetObject"] == len(content)


def test_a_listing_has_pages_of_a_thousand(s3: Any, server: S3Server, tmp_path: Path) -> None:
    expected = [f"runs/{number:04d}" for number in range(2001)]
    (tmp_path / BUCKET / "runs").mkdir()
    for key in [*expected, "other"]:
        (tmp_path / BUCKET / key).write_bytes(b"")
    assert keys(s3, "runs/") == expected
    assert server.counts()["requests"] == {"ListObjectsV2": 3}


def test_a_deleted_object_is_gone_and_can_be_deleted_again(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")
    for _ in range(2):
        s3.delete_object(Bucket=BUCKET, Key="a")
    assert keys(s3, "") == []


def test_bytes_that_nobody_read_are_not_counted(s3: Any, server: S3Server, tmp_path: Path) -> None:
    with (tmp_path / BUCKET / "a").open("wb") as file:
        file.truncate(200 << 20)
    body = s3.get_object(Bucket=BUCKET, Key="a")["Body"]
    body.read(10)
    body.close()
    while "GetObject" not in server.counts()["requests"]:  # type: ignore[operator]
        pass
    assert server.counts()["bytes"]["GetObject"] < 100 << 20  # type: ignore[index]
