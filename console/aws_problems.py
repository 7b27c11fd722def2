"""What AWS answered, or that it did not, in one line that says what to do."""

from __future__ import annotations

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from console.aws_access import is_loopback
from console.errors import EnvironmentProblemError

# Error codes by what helps. AWS documents some of them for each service ("Common Errors" in its
# API reference); S3 has its own.
_ADVICE = {
    "the credentials have expired: renew them, for example by `aws sso login`": (
        "ExpiredToken", "ExpiredTokenException", "RequestExpired",
    ),
    "AWS does not know these credentials: see `aws sts get-caller-identity`, or choose others "
    "with --profile": (
        "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId",
        "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "AuthFailure",
    ),
    "ask for this permission (docs/security.md lists what each command needs), or choose other "
    "credentials with --profile": (
        "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403",
    ),
    "AWS is asked too often at the moment: wait, then repeat the command": (
        "Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown",
        "RequestLimitExceeded",
    ),
}  # fmt: skip
_ADVICE_BY_CODE = {code: advice for advice, codes in _ADVICE.items() for code in codes}
_SSO = "sign in again, for example by `aws sso login`"
_CREDENTIALS = "run `aws configure`, or choose others with --profile"
_NETWORK = "check the network, --region and --endpoint-url"
_NOT_SERVED = (
    "start the embedded AWS by `recommender serve`, or give the address that it prints with "
    "--endpoint-url"
)
_OPERATION = re.compile(r"^An error occurred \((\S+)\) when calling the (\w+) operation")


def aws_problem(
    where: str, error: BotoCoreError | ClientError, *, step: str | None = None
) -> EnvironmentProblemError:
    """Make the error that ends the command.

    Parameters
    ----------
    where : str
        What was asked, or asked for.
    error : BotoCoreError or ClientError
    step : str or None
        As `ConsoleError` takes it.
    """
    said = _OPERATION.sub(r"\2: \1", str(error)).rstrip(".")
    advice = _advice(error)
    return EnvironmentProblemError(
        f"{where}: {said}; {advice}" if advice else f"{where}: {said}", step=step
    )


def _advice(error: BotoCoreError | ClientError) -> str:
    if isinstance(error, ClientError):
        return _ADVICE_BY_CODE.get(error.response.get("Error", {}).get("Code", ""), "")
    if isinstance(error, (SSOError, TokenRetrievalError)):
        return _SSO
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return _CREDENTIALS
    if isinstance(error, (ConnectionError, HTTPClientError)):
        return _NOT_SERVED if is_loopback(error.kwargs.get("endpoint_url")) else _NETWORK
    return ""
