"""The one place that every request to the embedded AWS passes: roles' requests are checked here.

Who has no role's credentials is not restricted: the user, the CDK CLI, tests, the console, and
the embedded AWS itself where AWS acts without the account's roles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from embedded_aws.iam import denials
from embedded_aws.iam.api_requests import ApiRequest, Signature, read_request, signature_of
from embedded_aws.iam.enforcement import require
from embedded_aws.iam.errors import (
    AccessDeniedError,
    RoleNotAssumableError,
    UnsupportedPolicyError,
    UnsupportedRequestError,
)
from embedded_aws.iam.permissions import permissions_of
from embedded_aws.iam.role_sessions import RoleSession, session_of

Application = Callable[[dict[str, Any], Any], Any]


def answer(environ: dict[str, Any], start_response: Any, application: Application) -> Any:
    """Answer a WSGI request: hand it on, or refuse it.

    Parameters
    ----------
    environ : dict
    start_response : callable
    application : callable
        Who answers what is allowed.
    """
    signature = signature_of(environ)
    session = session_of(signature.access_key_id) if signature else None
    if signature is None or session is None:
        return application(environ, start_response)
    refusal = _refusal(environ, start_response, signature, session)
    if refusal is None:
        return application(environ, start_response)
    _drain(environ)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else refusal


def _refusal(
    environ: dict[str, Any], start_response: Any, signature: Signature, session: RoleSession
) -> Any:
    try:
        request = read_request(environ, signature)
        return _denial(request, session, start_response)
    except (UnsupportedRequestError, UnsupportedPolicyError) as error:
        return denials.unsupported(signature.service, str(error), start_response)


def _denial(request: ApiRequest, session: RoleSession, start_response: Any) -> Any:
    permissions = permissions_of(request, session.account_id, session.partition)
    try:
        require(session, permissions, request.region)
    except (AccessDeniedError, RoleNotAssumableError) as error:
        return denials.access_denied(request, str(error), start_response)
    return None


def _drain(environ: dict[str, Any]) -> None:
    """Read what the client still sends, or it would not get the answer."""
    body = environ["wsgi.input"]
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left > 0 and (part := body.read(min(left, 1 << 20))):
        left -= len(part)
