import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.resolve_run import handler as resolve_run

BUCKET = "data-bucket"
ARN = "arn:aws:states:us-east-1:123456789012:execution:Workflow:first"
STARTED_AT = "2026-11-22T06:31:56.789Z"


class Bucket:
    """The data bucket, with what tests ask of it."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def json(self, key: str) -> Any:
        return json.loads(self.get(key))

    def table(self, key: str, read: Callable[[Path], Any]) -> Any:
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.get(key))
            file.flush()
            return read(Path(file.name))

    def keys(self, prefix: str = "") -> list[str]:
        found = self.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", [])]


@pytest.fixture
def environment(monkeypatch):
    """What the template gives every function, and credentials that open nothing."""
    monkeypatch.setenv("DATA_BUCKET", BUCKET)
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    monkeypatch.setenv("SPARK_MIN_ROWS", "1000")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def bucket(environment):
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield Bucket(client)


@pytest.fixture
def resolve(environment, monkeypatch):
    """Resolve an execution input as the first state does, whatever there is at dataset.uri."""
    monkeypatch.setattr(resolve_run, "look_at_dataset", lambda *_: (100_000, []))
    return resolve_input


@pytest.fixture
def resolve_with_preflight(bucket):
    """Resolve an execution input as the first state does."""
    return resolve_input


def resolve_input(**execution_input: Any) -> dict[str, Any]:
    """Invoke ResolveRun."""
    event = {
        "execution_input": execution_input,
        "execution_arn": ARN,
        "started_at": STARTED_AT,
        "input_defaults": {},
    }
    return resolve_run.lambda_handler(event, None)
