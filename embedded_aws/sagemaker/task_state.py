"""How a Step Functions task state calls SageMaker and waits for its jobs.

Source: Step Functions developer guide, "Create and manage SageMaker AI jobs with Step Functions"
(connect-sagemaker).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)

from embedded_aws.step_functions.job_task import JobTask, json_ready

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

# The errors that the API models have classes of their own, which the integration keeps; it
# reports everything else (validation, throttling, access) as AmazonSageMakerException.
_MODELLED_ERRORS = {
    "ResourceInUse": "SageMaker.ResourceInUseException",
    "ResourceLimitExceeded": "SageMaker.ResourceLimitExceededException",
    "ResourceNotFound": "SageMaker.ResourceNotFoundException",
}


class StateTaskServiceSageMaker(JobTask):
    """Call one SageMaker action, with or without ``.sync``."""

    service = "sagemaker"
    sdk_service = "AmazonSageMaker"
    actions = frozenset({*_SYNC_JOBS, "createModel"})
    sync_actions = frozenset(_SYNC_JOBS)

    def _error_name(self, code: str) -> str:
        return _MODELLED_ERRORS.get(code, "SageMaker.AmazonSageMakerException")

    def _eval_service_task(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        client = self._client(resource_runtime_part, state_credentials)
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
        client = self._client(resource_runtime_part, state_credentials)
        request = {name_key: normalised_parameters[name_key]}
        describe = getattr(client, f"describe_{_snake(job)}")

        def resolve() -> dict[str, Any] | None:
            description = describe(**request)
            description.pop("ResponseMetadata", None)
            status = description[status_key]
            if status not in ("Completed", "Failed", "Stopped"):
                return None
            output: dict[str, Any] = json_ready(description)
            if status == "Failed":
                raise self._job_failed(env, output)
            return output

        return resolve

    def _stop_job(self, client: Any, parameters: dict[str, Any], started: dict[str, Any]) -> None:  # noqa: ARG002
        job, name_key, _ = _SYNC_JOBS[self.resource.api_action]
        getattr(client, f"stop_{_snake(job)}")(**{name_key: parameters[name_key]})


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
