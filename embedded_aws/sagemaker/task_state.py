"""How a Step Functions task state calls SageMaker and waits for its jobs.

Sources: Step Functions developer guide, "Create and manage SageMaker AI jobs with Step Functions"
(connect-sagemaker) and "Integrating services" (connect-to-resource: ``.sync`` returns what Describe
returns, and an aborted or timed-out task stops its job).
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from embedded_aws.api_model import input_shape
from embedded_aws.fixes.task_clients import client_for

_log = logging.getLogger(__name__)

# Which job a `.sync` action starts: (prefix of Describe/Stop, its name parameter, its status key).
_SYNC_JOBS = {
    "createTrainingJob": ("TrainingJob", "TrainingJobName", "TrainingJobStatus"),
    "createTransformJob": ("TransformJob", "TransformJobName", "TransformJobStatus"),
    "createHyperParameterTuningJob": (
        "HyperParameterTuningJob",
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobStatus",
    ),
}
_ACTIONS = {*_SYNC_JOBS, "createModel"}

# The errors that the API models have classes of their own, which the integration keeps; it
# reports everything else (validation, throttling, access) as AmazonSageMakerException.
_MODELLED_ERRORS = {
    "ResourceInUse": "SageMaker.ResourceInUseException",
    "ResourceLimitExceeded": "SageMaker.ResourceLimitExceededException",
    "ResourceNotFound": "SageMaker.ResourceNotFoundException",
}


class StateTaskServiceSageMaker(StateTaskServiceCallback):
    """Call one SageMaker action, with or without ``.sync``."""

    def __init__(self) -> None:
        # `WaitForTaskToken` must be listed or moto's clean-up after `.sync` fails on the missing
        # callback; using it is refused below, as SageMaker has no callback pattern.
        super().__init__(
            supported_integration_patterns={
                ResourceCondition.Sync,
                ResourceCondition.WaitForTaskToken,
            }
        )

    def _get_supported_parameters(self) -> set[str] | None:
        action = self.resource.api_action
        if action not in _ACTIONS or self.resource.condition == ResourceCondition.WaitForTaskToken:
            return None  # moto then rejects the definition as AWS does
        if self.resource.condition == ResourceCondition.Sync and action not in _SYNC_JOBS:
            return None
        return set(input_shape("sagemaker", action[0].upper() + action[1:]).members)

    def _eval_parameters(self, env: Any) -> dict[str, Any]:
        # moto drops parameters that the action does not have; AWS fails the execution.
        self.parargs.eval(env=env)
        parameters: dict[str, Any] = env.stack.pop()
        supported = self._get_supported_parameters() or set()
        for name in parameters:
            if name not in supported:
                raise FailureEventException(
                    self._failure_event(
                        env,
                        StatesErrorName(typ=StatesErrorNameType.StatesRuntime),
                        "States.Runtime",
                        f'The field "{name}" is not supported by Step Functions',
                    )
                )
        return parameters

    def _eval_service_task(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        client = client_for(resource_runtime_part.region, "sagemaker", state_credentials)
        parameters = dict(normalised_parameters)
        if self.resource.condition == ResourceCondition.Sync:
            # AWS marks the jobs it will wait for; that is why roles need sagemaker:AddTags.
            parameters["Tags"] = [
                *parameters.get("Tags", []),
                {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"},
            ]
        response = getattr(client, self._get_boto_service_action())(**parameters)
        response.pop("ResponseMetadata", None)
        env.stack.append(response)

    def _build_sync_resolver(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> Callable[[], dict[str, Any] | None]:
        env.stack.pop()
        job, name_key, status_key = _SYNC_JOBS[self.resource.api_action]
        client = client_for(resource_runtime_part.region, "sagemaker", state_credentials)
        request = {name_key: normalised_parameters[name_key]}
        describe = getattr(client, f"describe_{_snake(job)}")

        def resolve() -> dict[str, Any] | None:
            description = describe(**request)
            description.pop("ResponseMetadata", None)
            status = description[status_key]
            if status not in ("Completed", "Failed", "Stopped"):
                return None
            output: dict[str, Any] = _json_ready(description)
            if status == "Failed":
                raise FailureEventException(self._failed(env, "States.TaskFailed", output))
            return output

        return resolve

    def _eval_integration_pattern(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        try:
            super()._eval_integration_pattern(
                env, resource_runtime_part, normalised_parameters, state_credentials
            )
        finally:
            # The execution was stopped, the state or the machine timed out, or another branch or
            # iteration failed; the job may even have been created after that.
            if not env.is_running():
                self._stop_job(resource_runtime_part, normalised_parameters, state_credentials)

    def _stop_job(
        self, resource_runtime_part: Any, parameters: dict[str, Any], state_credentials: Any
    ) -> None:
        """Stop the job that nobody waits for any more: "best-effort", as AWS says."""
        job, name_key, _ = _SYNC_JOBS[self.resource.api_action]
        client = client_for(resource_runtime_part.region, "sagemaker", state_credentials)
        try:
            getattr(client, f"stop_{_snake(job)}")(**{name_key: parameters[name_key]})
        except ClientError as error:
            _log.warning("%s %s was not stopped: %s", job, parameters[name_key], error)

    def _failed(self, env: Any, error: str, description: dict[str, Any]) -> FailureEvent:
        return self._failure_event(
            env,
            StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed),
            error,
            to_json_str(description),
        )

    def _from_error(self, env: Any, ex: Exception) -> FailureEvent:
        if isinstance(ex, ClientError):
            code = ex.response["Error"]["Code"]
            error = _MODELLED_ERRORS.get(code, "SageMaker.AmazonSageMakerException")
            status = ex.response["ResponseMetadata"]["HTTPStatusCode"]
            cause = (
                f"{ex.response['Error']['Message']} (Service: AmazonSageMaker; Status Code: "
                f"{status}; Error Code: {code}; Request ID: embedded; Proxy: null)"
            )
            return self._failure_event(env, CustomErrorName(error), error, cause)
        return super()._from_error(env=env, ex=ex)

    def _failure_event(self, env: Any, error_name: Any, error: str, cause: str) -> FailureEvent:
        return FailureEvent(
            env=env,
            error_name=error_name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(
                taskFailedEventDetails=TaskFailedEventDetails(
                    error=error,
                    cause=cause,
                    resource=self._get_sfn_resource(),
                    resourceType=self._get_sfn_resource_type(),
                )
            ),
        )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _json_ready(value: Any) -> Any:
    """Times become epoch milliseconds, as in captured outputs of the real integration."""
    if isinstance(value, dict):
        return {key: _json_ready(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_ready(item) for item in value]
    if isinstance(value, datetime.datetime):
        return round(value.timestamp() * 1000)
    return value
