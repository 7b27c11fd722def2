"""Reads from an HTTP request which operation of which service is asked for, and with what.

The operation is found by the API's own model, as botocore has it.
"""

from __future__ import annotations

import functools
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.model import OperationModel

from embedded_aws.api_model import service_model
from embedded_aws.iam.errors import UnsupportedRequestError

# Name with which requests are signed, and botocore's name of the service.
_SERVICES = {
    "events": "events",
    "glue": "glue",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "s3": "s3",
    "sagemaker": "sagemaker",
    "scheduler": "scheduler",
    "sns": "sns",
    "sqs": "sqs",
    "states": "stepfunctions",
    "sts": "sts",
}
_CREDENTIAL = re.compile(
    r"Credential=(?P<key>[^/,]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
)


@dataclass(frozen=True)
class ApiRequest:
    """One request of an API.

    Attributes
    ----------
    access_key_id : str
        Whose it is.
    service, operation : str
        botocore's name of the service, and the operation, such as ``GetObject``.
    parameters : mapping
        By the names of the API. Bodies that are data are left out.
    region : str
    """

    access_key_id: str
    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str


@dataclass(frozen=True)
class Signature:
    """What the signature of a request says: who, where, to whom."""

    access_key_id: str
    region: str
    service: str


def signature_of(environ: Mapping[str, Any]) -> Signature | None:
    """Read the signature, of a header or of a presigned URL; None if there is none."""
    text = environ.get("HTTP_AUTHORIZATION", "")
    if not text and "X-Amz-Credential=" in environ.get("QUERY_STRING", ""):
        text = unquote(environ["QUERY_STRING"]).replace("X-Amz-Credential=", "Credential=")
    found = _CREDENTIAL.search(text)
    return Signature(found["key"], found["region"], found["service"]) if found else None


def read_request(environ: dict[str, Any], signature: Signature) -> ApiRequest:
    """Read a WSGI request; its body can still be read afterwards.

    Raises
    ------
    UnsupportedRequestError
        If the service or the operation is not known here.
    """
    service = _SERVICES.get(signature.service)
    if service is None:
        raise UnsupportedRequestError(
            f"it is not known here which permissions requests to {signature.service} need; roles "
            f"can ask {', '.join(_SERVICES)}"
        )
    if "HTTP_X_AMZ_TARGET" in environ:
        operation = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        parameters = _json_body(environ)
    elif service_model(service).protocol == "query":
        form = parse_qs(_body(environ).decode())
        parameters = {name: values[0] for name, values in form.items()}
        operation = parameters["Action"]
    else:
        operation, parameters = _route(service, environ)
    return ApiRequest(signature.access_key_id, service, operation, parameters, signature.region)


def _body(environ: dict[str, Any]) -> bytes:
    content: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(content)
    return content


def _json_body(environ: dict[str, Any]) -> dict[str, Any]:
    content = _body(environ)
    return json.loads(content) if content else {}


@dataclass(frozen=True)
class _Route:
    """How an operation of a REST API is recognized."""

    operation: OperationModel
    path: re.Pattern[str]
    query: Mapping[str, str]  # values that the query must have; empty: the name is enough
    required: frozenset[str]  # WSGI names of headers, and ``?name`` of queries

    def parameters(self, environ: Mapping[str, Any]) -> dict[str, Any] | None:
        """Read parameters from path, query and headers; None if it is another operation."""
        path = environ["PATH_INFO"].encode("latin-1").decode()  # WSGI's way to carry bytes
        found = self.path.fullmatch(path)
        if found is None:
            return None
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        if any(n not in query or (v and query[n] != [v]) for n, v in self.query.items()):
            return None
        present = {*environ, *(f"?{name}" for name in query)}
        if not self.required <= present:
            return None
        values: dict[str, Any] = dict(found.groupdict())
        shape = self.operation.input_shape
        for name, member in (shape.members if shape else {}).items():
            place = member.serialization.get("location")
            wire = member.serialization.get("name", name)
            if place == "querystring" and wire in query:
                values[name] = query[wire][0]
            elif place == "header" and _header(wire) in environ:
                values[name] = environ[_header(wire)]
        return values


def _header(name: str) -> str:
    return f"HTTP_{name.upper().replace('-', '_')}"


@functools.cache
def _routes(service: str) -> tuple[_Route, ...]:
    """All operations of a service, those with most to recognize them first."""
    model = service_model(service)
    routes = []
    for operation in map(model.operation_model, model.operation_names):
        path, _, query = operation.http["requestUri"].partition("?")
        shape = operation.input_shape
        required = set()
        for name in shape.required_members if shape else ():
            member = shape.members[name]
            place, wire = (member.serialization.get(k) for k in ("location", "name"))
            if place == "querystring":
                required.add(f"?{wire}")
            elif place == "header":
                required.add(_header(str(wire)))
        literals = {n: v[0] for n, v in parse_qs(query, keep_blank_values=True).items()}
        routes.append(_Route(operation, _path_pattern(path), literals, frozenset(required)))
    return tuple(sorted(routes, key=lambda r: -len(r.query) - len(r.required)))


def _path_pattern(path: str) -> re.Pattern[str]:
    """``/{Bucket}/{Key+}``: a label is one part of the path, with a plus sign the rest of it."""
    expression = re.escape(path)
    expression = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", expression)
    expression = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", expression)
    return re.compile(expression.rstrip("/") + "/?", re.DOTALL)


def _route(service: str, environ: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    for route in _routes(service):
        operation = route.operation
        if operation.http["method"] == environ["REQUEST_METHOD"]:
            values = route.parameters(environ)
            if values is not None:
                if service_model(service).protocol == "rest-json" and _has_json_body(operation):
                    values = {**_json_body(environ), **values}
                return operation.name, values
    raise UnsupportedRequestError(
        f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}: no operation of {service} known here"
    )


def _has_json_body(operation: OperationModel) -> bool:
    """Whether the body holds parameters, and is no payload, such as a function's input."""
    shape = operation.input_shape
    return shape is not None and "payload" not in shape.serialization
