"""Whose AWS the clients talk to, and what is said if it does not answer."""

import re

import click
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)
from click.testing import CliRunner

from console.aws_access import AwsAccess, isolate_environment, region_of
from console.aws_options import AwsOptions
from console.aws_problems import aws_problem
from console.commands.options import aws_options
from console.errors import BadInputError, EnvironmentProblemError


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch, tmp_path):
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION",
                 "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SFN",
                 "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN"):  # fmt: skip
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


LOOPBACK = "http://127.0.0.1:4566"


def test_endpoint_that_is_given_is_every_services(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")

    access = AwsAccess.from_environment(endpoint_url=LOOPBACK)

    assert access.endpoint_url == LOOPBACK
    assert access.client("s3").meta.endpoint_url == LOOPBACK


def test_services_may_have_endpoints_of_their_own(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOOPBACK)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", "http://localhost:2")

    access = AwsAccess.from_environment()

    assert (access.endpoint_url, access.is_local) == ("http://localhost:2", True)
    assert access.poll_seconds == AwsAccess.embedded(LOOPBACK, "us-east-1").poll_seconds
    assert access.client("stepfunctions").meta.endpoint_url == "http://localhost:2"
    assert access.client("s3").meta.endpoint_url == LOOPBACK


def test_configured_endpoints_can_be_ignored(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOOPBACK)
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "B")

    access = AwsAccess.from_environment("eu-west-1")

    assert access.endpoint_url is None
    assert not access.is_local


@pytest.fixture
def profiles(tmp_path):
    (tmp_path / "config").write_text(
        f"[profile here]\nendpoint_url = {LOOPBACK}\nregion = eu-north-1\n"
        "[profile there]\nregion = eu-west-3\n"
    )
    (tmp_path / "credentials").write_text(
        "[there]\naws_access_key_id = C\naws_secret_access_key = D\n"
    )


@pytest.mark.usefixtures("profiles")
def test_endpoint_and_region_may_come_from_the_profile():
    access = AwsAccess.from_environment(profile="here")

    assert (access.endpoint_url, access.region) == (LOOPBACK, "eu-north-1")
    assert access.client("sts").meta.endpoint_url == LOOPBACK


@pytest.mark.usefixtures("profiles")
def test_profile_that_is_given_wins_over_credentials_in_variables(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "B")

    client = AwsAccess.from_environment(profile="there").client("sts")

    assert client._request_signer._credentials.access_key == "C"
    assert client.meta.region_name == "eu-west-3"


@pytest.mark.parametrize("endpoint_url", ["127.0.0.1:4566", "foo", "ftp://x", "http://"])
def test_address_that_is_none_is_bad_input(endpoint_url):
    with pytest.raises(BadInputError, match=r"--endpoint-url .*expected an address such as"):
        AwsOptions(endpoint_url=endpoint_url).access()


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], AwsOptions()),
        (["--profile", "p", "--region", "r", "--endpoint-url", "u"], AwsOptions("p", "r", "u")),
    ],
)
def test_options_are_given_to_the_command(arguments, options):
    taken = []

    @click.command()
    @aws_options
    def command(aws: AwsOptions) -> None:
        taken.append(aws)

    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert taken == [options]


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "No."}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (
            error("ExpiredToken"),
            "^x: DescribeStacks: ExpiredToken: No; the cred",
        ),
        (error("InvalidClientTokenId"), "does not know these credentials: .*--profile"),
        (error("AccessDeniedException"), "ask for this permission"),
        (error("ThrottlingException"), "wait, then repeat"),
        (error("Unheard"), "x: DescribeStacks: Unheard: No$"),
        (EndpointConnectionError(endpoint_url="https://states.eu"), "check the network, --region"),
        (EndpointConnectionError(endpoint_url=LOOPBACK), "start the embedded AWS by `recommender"),
        (ReadTimeoutError(endpoint_url="https://states.eu"), "check the network, --region"),
        (UnauthorizedSSOTokenError(), "sign in again, for example by `aws sso login`"),
        (NoCredentialsError(), "run `aws configure`"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_aws_answers_is_said_with_what_to_do(raised, said):
    problem = aws_problem("x", raised, step="stack")

    assert re.search(said, str(problem))
    assert problem.step == "stack"
