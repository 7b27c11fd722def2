"""Errors of ``sns:publish`` have the names of the AWS SDK for Java's exceptions.

An error that SNS's API models has a class, ``SNS.ThrottledException``; every other one is an
``SNS.AmazonSNSException``. moto makes a name of any code.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sns import (  # noqa: E501
    StateTaskServiceSns,
)

from embedded_aws.api_model import service_model

_BASE_ERROR = "SNS.AmazonSNSException"


def apply() -> None:
    """Name errors that the API does not model."""
    from_error = StateTaskServiceSns._from_error

    def named(self: StateTaskServiceSns, env: Any, ex: Exception) -> FailureEvent:
        failure = from_error(self, env, ex)
        if isinstance(ex, ClientError):
            modelled = {shape.error_code for shape in service_model("sns").error_shapes}
            if ex.response["Error"]["Code"] not in modelled:
                failure.error_name = CustomErrorName(_BASE_ERROR)
                failure.event_details["taskFailedEventDetails"]["error"] = _BASE_ERROR
        return failure

    StateTaskServiceSns._from_error = named
