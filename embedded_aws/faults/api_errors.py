"""Answers of services that refuse a call, or fail.

Codes and statuses: the API references' "Common Error Types" and each operation's "Errors"; S3's
"List of error codes". Lambda has throttling and failures of its own names; S3 and SNS call
throttling otherwise than the other services.
"""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSResponse
from botocore.endpoint import convert_to_response_dict

# By fault: code and HTTP status, where the service is not among _OWN.
_ERRORS = {
    "ThrottlingException": ("ThrottlingException", 400, "Rate exceeded"),
    "ServiceUnavailable": ("ServiceUnavailable", 503, "The service is unavailable"),
    "InternalFailure": ("InternalFailure", 500, "The request processing has failed"),
    "ValidationException": ("ValidationException", 400, "The request is not valid"),
    "ResourceLimitExceeded": (
        "ResourceLimitExceeded",
        400,
        "The account-level service limit for this resource is used up; current utilization equals "
        "the limit",
    ),
    "ResourceInUse": ("ResourceInUse", 400, "The resource's name is in use"),
    "TooManyRequestsException": ("TooManyRequestsException", 429, "Rate Exceeded."),
    "ServiceException": ("ServiceException", 500, "The service encountered an internal error"),
    "AccessDenied": (
        "AccessDeniedException",
        400,
        "The role of the state machine is not authorized to perform this action",
    ),
}
_OWN = {
    ("s3", "ThrottlingException"): ("SlowDown", 503),
    ("s3", "InternalFailure"): ("InternalError", 500),
    ("s3", "ValidationException"): ("InvalidArgument", 400),
    ("s3", "AccessDenied"): ("AccessDenied", 403),
    ("sns", "ThrottlingException"): ("Throttled", 429),
    ("sns", "InternalFailure"): ("InternalError", 500),
    ("sns", "ValidationException"): ("InvalidParameter", 400),
    ("sns", "AccessDenied"): ("AuthorizationError", 403),
    ("lambda", "AccessDenied"): ("AccessDeniedException", 403),
}


class _Body:
    """The bytes of a response, as botocore reads them from a connection."""

    def __init__(self, content: bytes):
        self._content = content

    def stream(self) -> Any:
        yield self._content


def error_answer(fault: str, url: str, operation_model: Any, parser: Any) -> tuple[Any, Any]:
    """Make what botocore makes of a service's error response.

    Parameters
    ----------
    fault : str
        Name of an API fault.
    url : str
        Of the request.
    operation_model : botocore.model.OperationModel
        The operation that was called.
    parser : botocore.parsers.ResponseParser
        Of the service's protocol.

    Returns
    -------
    tuple of (AWSResponse, dict)
        The response and its parsed form.
    """
    service_model = operation_model.service_model
    default_code, default_status, message = _ERRORS[fault]
    code, status = _OWN.get((service_model.service_name, fault), (default_code, default_status))
    headers, content = _write(service_model.resolved_protocol, code, f"{message} (injected)")
    response = AWSResponse(url, status, headers, _Body(content))
    parsed = parser.parse(
        convert_to_response_dict(response, operation_model), operation_model.output_shape
    )
    return response, parsed


def _write(protocol: str, code: str, message: str) -> tuple[dict[str, str], bytes]:
    headers = {"x-amzn-requestid": "injected", "x-amz-request-id": "injected"}
    if protocol in ("json", "rest-json", "smithy-rpc-v2-cbor"):
        headers["x-amzn-errortype"] = code
        return headers, json.dumps({"__type": code, "message": message}).encode()
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
    if protocol == "rest-xml":
        return headers, f"{error}<RequestId>injected</RequestId></Error>".encode()
    return headers, (
        f"<ErrorResponse>{error}</Error><RequestId>injected</RequestId></ErrorResponse>".encode()
    )
