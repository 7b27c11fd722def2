"""``recommender data`` against the embedded AWS, which it knows by its address only."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from console.aws_access import AwsAccess
from console.embedded_stack import deployed_stack
from console.interruption import interruptible
from console.main import main
from console.ratings_upload import find_ratings
from console.raw_data import upload
from embedded_aws.server import EmbeddedAws
from tests.planted import movies_csv, plant, ratings_csv

PLANTED = plant(seed=9, n_customers=50, n_videos=40, n_ratings=1500)
Cli = Callable[..., Result]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        yield embedded


@pytest.fixture(scope="module")
def data_bucket(aws: EmbeddedAws, assembly: Path) -> str:
    return aws.deploy(assembly)["DataBucketName"]


@pytest.fixture
def bucket(aws: EmbeddedAws, data_bucket: str) -> Iterator[str]:
    """Give an empty bucket."""
    yield data_bucket
    for key in keys(aws, data_bucket):
        aws.client("s3").delete_object(Bucket=data_bucket, Key=key)


@pytest.fixture
def cli(aws: EmbeddedAws, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                 "AWS_ENDPOINT_URL"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    address = ("--endpoint-url", aws.endpoint_url)
    return lambda *arguments: CliRunner().invoke(main, ["data", *arguments, *address])


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    (tmp_path / "movies.csv").write_bytes(movies_csv(PLANTED.frame))
    path = tmp_path / "ratings.csv"
    path.write_bytes(ratings_csv(PLANTED.frame))
    return path


def keys(aws: EmbeddedAws, bucket: str) -> list[str]:
    listed = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix="raw/")
    return [item["Key"] for item in listed.get("Contents", [])]


def test_ratings_are_uploaded_listed_and_checked_there(
    aws: EmbeddedAws, bucket: str, cli: Cli, ratings: Path
) -> None:
    empty = cli("list")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "`recommender data upload PATH`" in empty.stderr

    uploaded = cli("upload", str(ratings), "--name", "2026-11")

    assert uploaded.exit_code == 0, uploaded.output
    uri = f"s3://{bucket}/raw/2026-11/"
    assert json.loads(uploaded.stdout) == {"dataset": {"uri": uri}}
    assert keys(aws, bucket) == ["raw/2026-11/movies.csv", "raw/2026-11/ratings.csv"]
    listed = json.loads(cli("list", "--json").stdout)
    assert listed["bucket"] == bucket
    assert [(one["format"], one["bytes"]) for one in listed["objects"]] == [
        ("titles-csv", (ratings.parent / "movies.csv").stat().st_size),
        ("movielens-csv", ratings.stat().st_size),
    ]

    here, there = (
        json.loads(cli("check", where, "--json", "--quiet").stdout) for where in (str(ratings), uri)
    )
    assert here["status"] == there["status"] == "SUCCEEDED"
    counted = {"rows_read", "rejected", "customers", "videos", "kept", "splits"}
    assert {name: here[name] for name in counted} == {name: there[name] for name in counted}
    assert here["rows_read"] == len(PLANTED.frame)
    assert there["files"] == {
        f"{uri}movies.csv": "titles-csv",
        f"{uri}ratings.csv": "movielens-csv",
    }


def test_folder_is_replaced_only_if_that_is_said(
    aws: EmbeddedAws, bucket: str, cli: Cli, ratings: Path
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="raw/mine/old.csv", Body=b"old")

    refused = cli("upload", str(ratings), "--name", "mine")
    assert refused.exit_code == 2
    assert "there are 1 objects already" in refused.stderr
    assert keys(aws, bucket) == ["raw/mine/old.csv"]

    assert cli("upload", str(ratings), "--name", "mine", "--replace", "--json").exit_code == 0
    assert keys(aws, bucket) == ["raw/mine/movies.csv", "raw/mine/ratings.csv"]


def test_bad_ratings_are_not_uploaded(
    aws: EmbeddedAws, bucket: str, cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text("userId,movieId,rating\n1,2,oops\n")

    result = cli("upload", str(tmp_path / "bad.csv"))

    assert result.exit_code == 2
    assert "cannot be used" in result.stderr
    assert keys(aws, bucket) == []


def test_check_of_what_is_not_there_is_bad_input(bucket: str, cli: Cli) -> None:
    result = cli("check", f"s3://{bucket}/raw/nothing/")

    assert result.exit_code == 2
    assert "found no object" in result.stderr
    assert result.stderr.count("\n") == 1


def test_interrupted_upload_leaves_nothing(aws: EmbeddedAws, bucket: str, tmp_path: Path) -> None:
    """While the parts of a large file are sent, after the small one is there."""
    (tmp_path / "movies.csv").write_bytes(movies_csv(PLANTED.frame))
    large = tmp_path / "ratings.csv"
    large.write_bytes(ratings_csv(PLANTED.frame) + b"1,2,3,4\n" * 6_000_000)
    access = AwsAccess.embedded(aws.endpoint_url, aws.region)
    stack = deployed_stack(access, {"DataBucketName": bucket, "StateMachineArn": "arn:machine"})
    sent: list[int] = []
    begun: list[Any] = []
    first = threading.Lock()  # several threads send

    def interrupt(n_bytes: int) -> None:
        sent.append(n_bytes)
        if sum(sent) > 20_000_000 and first.acquire(blocking=False):
            s3 = aws.client("s3")
            begun.append((keys(aws, bucket), s3.list_multipart_uploads(Bucket=bucket)["Uploads"]))
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), interruptible():
        upload(stack, find_ratings(large), name="mine", replace=False, advance=interrupt)

    ((there, uploads),) = begun
    assert there == ["raw/mine/movies.csv"]
    assert [one["Key"] for one in uploads] == ["raw/mine/ratings.csv"]
    assert keys(aws, bucket) == []
    assert not aws.client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads")
