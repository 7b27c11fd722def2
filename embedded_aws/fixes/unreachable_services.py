"""A service that cannot be reached is a task's error, which can be retried.

Step Functions calls it ``<Service>.SdkClientException``, as the AWS SDK for Java does: the
guide ("Handling errors in Step Functions workflows") has ``Lambda.SdkClientException`` among the
errors to retry, and names none of other services. moto ends the state with ``States.Runtime``.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

# Prefixes of the optimized integrations' errors.
_PREFIXES = {"glue": "Glue", "lambda": "Lambda", "sns": "SNS", "sagemaker": "SageMaker"}


def apply() -> None:
    """Name errors of clients that got no answer."""
    from_error = StateTask._from_error

    def from_error_of_client(self: StateTask, env: Any, ex: Exception) -> FailureEvent:
        if not isinstance(ex, BotoCoreError) or not isinstance(self, StateTaskService):
            return from_error(self, env, ex)
        error = f"{_prefix(self)}.SdkClientException"
        return FailureEvent(
            env=env,
            error_name=CustomErrorName(error),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(
                taskFailedEventDetails=TaskFailedEventDetails(
                    error=error,
                    cause=f"Unable to execute HTTP request: {ex}",
                    resource=self._get_sfn_resource(),
                    resourceType=self._get_sfn_resource_type(),
                )
            ),
        )

    StateTask._from_error = from_error_of_client


def _prefix(task: StateTaskService) -> str:
    service = str(task.resource.service_name)
    if service == "aws-sdk":
        return str(task._normalise_service_error_name(task.resource.api_name))
    return _PREFIXES.get(service, service)
