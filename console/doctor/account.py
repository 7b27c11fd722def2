"""The account: credentials, region, and what ``cdk bootstrap`` left there."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    EndpointConnectionError,
    HTTPClientError,
)

from console.doctor.assembly import Assembly
from console.doctor.finding import Finding, Status, ask, code_of, one_line

_EXPIRED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
}
_UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"}
_LOG_IN = "log in again: `aws sso login`, `aws login`, or new temporary credentials"


def check_credentials(sts: Any) -> tuple[Finding, str | None]:
    """Ask AWS who the caller is.

    No permission is needed for that; a denial is impossible (IAM reference, GetCallerIdentity).

    Parameters
    ----------
    sts : STS client of boto3

    Returns
    -------
    tuple of (Finding, str or None)
        The caller's ARN if AWS accepts the credentials.
    """
    try:
        identity = sts.get_caller_identity()
    except ClientError as error:
        return _refused(code_of(error), one_line(error)), None
    except (ConnectionError, HTTPClientError) as error:
        return _unreachable(sts, error), None
    except BotoCoreError as error:  # an SSO session that ended, a credential process that failed
        return Finding("credentials", Status.PROBLEM, one_line(error), _LOG_IN), None
    found = f"{identity['Arn']} in account {identity['Account']}"
    return Finding("credentials", Status.OK, found), str(identity["Arn"])


def _refused(code: str, text: str) -> Finding:
    if code in _EXPIRED:
        return Finding("credentials", Status.PROBLEM, f"they have expired ({code})", _LOG_IN)
    if code in _UNKNOWN:
        return Finding(
            "credentials",
            Status.PROBLEM,
            f"AWS does not know the access key ({code})",
            "check AWS_PROFILE and the key, or that the region is enabled for the account",
        )
    if code == "SignatureDoesNotMatch":
        return Finding(
            "credentials",
            Status.PROBLEM,
            f"the signature is wrong ({code})",
            "check the secret key, and this machine's clock",
        )
    return Finding("credentials", Status.PROBLEM, text, "check AWS_PROFILE")


def _unreachable(client: Any, error: Exception) -> Finding:
    kind = "cannot be reached" if isinstance(error, EndpointConnectionError) else "does not answer"
    return Finding(
        "credentials",
        Status.PROBLEM,
        f"{client.meta.endpoint_url} {kind}",
        "check the network and its proxy, AWS_ENDPOINT_URL and the region's name; for the embedded "
        "AWS start `recommender serve`",
    )


def check_region(region: str, assembly: Assembly) -> Finding:
    """Say whether SageMaker has the algorithm in a region, as far as the template knows."""
    registries = assembly.image_registries
    if region in registries:
        return Finding("region", Status.OK, f"{region}, where the algorithm's registry is known")
    return Finding(
        "region",
        Status.PROBLEM,
        f"{region}: no registry of Factorization Machines is known there; CloudFormation will "
        "refuse the stack",
        f"choose one of {', '.join(sorted(registries))}",
    )


def check_bootstrap(ssm: Any, assembly: Assembly) -> list[Finding]:
    """Compare the version of ``cdk bootstrap`` with what the template asks for.

    Parameters
    ----------
    ssm : SSM client of boto3
    assembly : Assembly

    Raises
    ------
    NotSeenError
        If the caller may not read the parameter.
    """
    name, needed = assembly.bootstrap_parameter, assembly.bootstrap_version
    advice = 'run `make cdk ARGS="bootstrap"` once for this account and region'
    try:
        answer = ask("ssm:GetParameter", lambda: ssm.get_parameter(Name=name))
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        return [
            Finding("CDK bootstrap", Status.PROBLEM, f"there is no SSM parameter {name}", advice)
        ]
    value = str(answer["Parameter"]["Value"])
    if not re.fullmatch(r"\d+", value) or int(value) < needed:
        found = f"{name} is {value!r}, expected {needed} or more"
        return [Finding("CDK bootstrap", Status.PROBLEM, found, advice)]
    return [Finding("CDK bootstrap", Status.OK, f"version {value}, {needed} is needed")]
