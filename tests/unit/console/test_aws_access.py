"""Whose AWS the clients talk to."""

import pytest

from console.aws_access import AwsAccess, isolate_environment, region_of
from console.errors import BadInputError, EnvironmentProblemError


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch, tmp_path):
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION",
                 "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_region_comes_from_the_execution():
    assert region_of("arn:aws:states:eu-west-1:1:execution:Machine:run") == "eu-west-1"


@pytest.mark.parametrize(
    "arn", ["", "run-1", "arn:aws:states:eu-west-1:1:stateMachine:M", "arn:aws:s3:::b:c:d:e"]
)
def test_what_is_no_execution_is_refused(arn):
    with pytest.raises(BadInputError, match="expected the ARN of an execution"):
        region_of(arn)


def test_embedded_clients_go_to_the_endpoint():
    client = AwsAccess.embedded("http://127.0.0.1:4566", "us-east-1").client("stepfunctions")

    assert client.meta.endpoint_url == "http://127.0.0.1:4566"


def test_clients_are_made_once():
    access = AwsAccess.embedded("http://127.0.0.1:4566", "us-east-1")

    assert access.client("s3") is access.client("s3")


def test_local_endpoint_needs_no_credentials(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    access = AwsAccess.from_environment()

    assert access.endpoint_url == "http://127.0.0.1:4566"
    assert access.region == "us-east-1"


def test_real_aws_needs_credentials_and_region(monkeypatch):
    with pytest.raises(EnvironmentProblemError, match="no AWS credentials"):
        AwsAccess.from_environment("eu-west-1")

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "B")
    with pytest.raises(EnvironmentProblemError, match="no AWS region"):
        AwsAccess.from_environment()
    access = AwsAccess.from_environment("eu-west-1")

    assert access.client("stepfunctions").meta.endpoint_url == (
        "https://states.eu-west-1.amazonaws.com"
    )
    assert access.poll_seconds > AwsAccess.embedded("http://127.0.0.1:1", "x").poll_seconds


def test_profile_that_does_not_exist_is_a_problem_of_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(EnvironmentProblemError, match="nobody"):
        AwsAccess.from_environment("eu-west-1")


def test_embedded_process_ignores_profile_endpoint_and_proxy():
    environ = {"AWS_PROFILE": "p", "AWS_ENDPOINT_URL_S3": "x", "NO_PROXY": "a", "HOME": "/h"}

    isolate_environment(environ)

    assert environ == {
        "HOME": "/h",
        "NO_PROXY": "a,127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def test_what_is_missing_is_said_at_once():
    with pytest.raises(EnvironmentProblemError, match=r"no AWS credentials.*no AWS region"):
        AwsAccess.from_environment()


@pytest.mark.parametrize(("option", "region"), [(None, "eu-north-1"), ("eu-west-1", "eu-west-1")])
def test_region_comes_from_the_variable_that_the_aws_cli_takes(monkeypatch, option, region):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "B")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")

    assert AwsAccess.from_environment(option).region == region
