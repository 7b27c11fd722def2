"""How each service answers a request that it refuses.

Codes and status as SDKs get them: AccessDenied of S3 with 403, AuthorizationError of SNS with 403,
AccessDeniedException of the others, with 403 from REST APIs and 400 from JSON ones. S3 answers
HEAD without a body, so that only the status is left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

from embedded_aws.api_model import service_model
from embedded_aws.iam.api_requests import ApiRequest
from embedded_aws.unsupported import UNSUPPORTED

_CODES = {"s3": "AccessDenied", "sns": "AuthorizationError"}
REQUEST_ID = "embedded"

StartResponse = Callable[..., Any]


def access_denied(request: ApiRequest, message: str, start_response: StartResponse) -> Any:
    """Answer as the service does when a permission is missing."""
    code = _CODES.get(request.service, "AccessDeniedException")
    protocol = service_model(request.service).protocol
    status = "400 Bad Request" if protocol == "json" else "403 Forbidden"
    return _answer(request.service, code, message, status, start_response)


def unsupported(service: str, message: str, start_response: StartResponse) -> Any:
    """Answer what AWS can do and the embedded AWS cannot, by name."""
    return _answer(service, UNSUPPORTED, message, "400 Bad Request", start_response)


def _answer(
    service: str, code: str, message: str, status: str, start_response: StartResponse
) -> Iterable[bytes]:
    try:
        protocol = service_model(service).protocol
    except Exception:  # botocore's own error for a service that it does not know
        protocol = "json"
    if protocol == "rest-xml":
        text = (
            f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
            f"<RequestId>{REQUEST_ID}</RequestId></Error>"
        )
        kind = "application/xml"
    elif protocol == "query":
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{escape(message)}</Message></Error>"
            f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        )
        kind = "text/xml"
    else:
        text = json.dumps({"__type": code, "message": message, "Message": message})
        kind = "application/x-amz-json-1.1"
    body = text.encode()
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("x-amzn-RequestId", REQUEST_ID),
        ("x-amzn-ErrorType", code),
    ]
    start_response(status, headers)
    return [body]
