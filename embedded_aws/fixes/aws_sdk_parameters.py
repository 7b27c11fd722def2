"""``aws-sdk`` tasks turn JSON into the text or bytes that an API's parameter needs.

``s3:putObject`` with an object as its ``Body`` stores that object's JSON on AWS; moto hands the
Python dictionary to the client, which fails.
"""

from __future__ import annotations

from typing import Any

from botocore import xform_name
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (  # noqa: E501
    StateTaskServiceAwsSdk,
)

from embedded_aws.api_model import input_shape, service_model


def apply() -> None:
    """Convert parameters by the API's model before the call."""

    def normalise_parameters(
        self: StateTaskServiceAwsSdk,
        parameters: dict[str, Any],
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        service = self._get_boto_service_name(boto_service_name)
        action = self._get_boto_service_action(service_action_name)
        operations = {xform_name(name): name for name in service_model(service).operation_names}
        if action in operations:
            self._to_boto_request(parameters, input_shape(service, operations[action]))

    StateTaskServiceAwsSdk._normalise_parameters = normalise_parameters
