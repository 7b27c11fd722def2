"""A failed call of a function becomes a task failure with Lambda's error, not a Python error.

moto's task takes the request id out of every error response, but its own server sends none, so
a ``KeyError`` would hide the real error behind ``States.Runtime``.
"""

from __future__ import annotations

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_lambda,
)


def _with_request_id(error: Exception) -> Exception:
    if isinstance(error, ClientError):
        error.response.setdefault("ResponseMetadata", {}).setdefault("RequestId", "embedded")
    return error


def apply() -> None:
    """Give every client error a request id before moto reads it."""
    for service in (
        state_task_service_lambda.StateTaskServiceLambda,
        state_task_service_aws_sdk.StateTaskServiceAwsSdk,
    ):
        from_error = service._from_error

        def tolerant_from_error(self, env, ex, from_error=from_error):  # type: ignore[no-untyped-def]
            return from_error(self, env=env, ex=_with_request_id(ex))

        service._from_error = tolerant_from_error
