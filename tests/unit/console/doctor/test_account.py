"""Credentials, region, bootstrap: each answer that AWS can give."""

import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)

from console.doctor.account import check_bootstrap, check_credentials, check_region
from console.doctor.finding import Status, checked

ARN = "arn:aws:iam::123456789012:user/ada"


def test_accepted_credentials(stub):
    sts, stubber = stub("sts")
    stubber.add_response("get_caller_identity", {"Arn": ARN, "Account": "123456789012"})

    finding, caller_arn = check_credentials(sts)

    assert finding.status is Status.OK
    assert caller_arn == ARN


@pytest.mark.parametrize(
    ("code", "found", "advice"),
    [
        ("ExpiredToken", "have expired", "log in again"),
        ("ExpiredTokenException", "have expired", "log in again"),
        ("InvalidClientTokenId", "does not know the access key", "AWS_PROFILE"),
        ("SignatureDoesNotMatch", "signature is wrong", "clock"),
        ("Throttling", "Throttling", "AWS_PROFILE"),
    ],
)
def test_refused_credentials(stub, code, found, advice):
    sts, stubber = stub("sts")
    stubber.add_client_error("get_caller_identity", code)

    finding, caller_arn = check_credentials(sts)

    assert finding.status is Status.PROBLEM
    assert found in finding.found
    assert advice in finding.advice
    assert caller_arn is None


class Sts:
    """Does not get as far as an answer."""

    class meta:  # noqa: N801 - as botocore calls it
        endpoint_url = "https://sts.example"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_caller_identity(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "found", "advice"),
    [
        (EndpointConnectionError(endpoint_url="x"), "sts.example cannot be reached", "network"),
        (ReadTimeoutError(endpoint_url="x"), "sts.example does not answer", "network"),
        (UnauthorizedSSOTokenError(), "SSO", "aws sso login"),
    ],
)
def test_credentials_without_an_answer(error, found, advice):
    finding, caller_arn = check_credentials(Sts(error))

    assert finding.status is Status.PROBLEM
    assert found in finding.found
    assert advice in finding.advice
    assert caller_arn is None


def test_region(assembly):
    assert check_region("eu-west-1", assembly).status is Status.OK
    unknown = check_region("mars-north-1", assembly)
    assert unknown.status is Status.PROBLEM
    assert "eu-west-1" in unknown.advice


@pytest.mark.parametrize(
    ("value", "status"), [("5", "problem"), ("6", "ok"), ("30", "ok"), ("old", "problem")]
)
def test_bootstrap_version(stub, assembly, value, status):
    ssm, stubber = stub("ssm")
    stubber.add_response(
        "get_parameter", {"Parameter": {"Value": value}}, {"Name": "/cdk-bootstrap/x/version"}
    )

    (finding,) = check_bootstrap(ssm, assembly)

    assert finding.status == status


@pytest.mark.parametrize(
    ("code", "status"), [("ParameterNotFound", "problem"), ("AccessDeniedException", "skipped")]
)
def test_bootstrap_that_is_not_there_or_not_to_be_seen(stub, assembly, code, status):
    ssm, stubber = stub("ssm")
    stubber.add_client_error("get_parameter", code)

    (finding,) = checked("CDK bootstrap", lambda: check_bootstrap(ssm, assembly))

    assert finding.status == status
    assert ("bootstrap" in finding.advice) == (status == "problem")
