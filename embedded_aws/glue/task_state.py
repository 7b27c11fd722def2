"""How a Step Functions task state starts a run of a Glue job and waits for it.

Source: Step Functions developer guide, "Start an AWS Glue job with Step Functions" (connect-glue:
the action StartJobRun; "The JobName field is extracted from the request and inserted into the
response"; the permissions, BatchStopJobRun among them). Not documented: which states of a run fail
the task. Here SUCCEEDED alone does not: who waits for a run that somebody stopped has no result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from embedded_aws.api_model import service_model
from embedded_aws.step_functions.job_task import JobTask, json_ready

_ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED")


class StateTaskServiceGlue(JobTask):
    """Call StartJobRun, with or without ``.sync``."""

    service = "glue"
    sdk_service = "AWSGlue"
    actions = sync_actions = frozenset({"startJobRun"})

    def _error_name(self, code: str) -> str:
        """Keep the name of errors that the API's model has; others are AWSGlueException."""
        modelled = {shape.error_code for shape in service_model("glue").error_shapes}
        return f"Glue.{code if code in modelled else 'AWSGlueException'}"

    def _eval_service_task(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        client = self._client(resource_runtime_part, state_credentials)
        response = client.start_job_run(**normalised_parameters)
        env.stack.append(
            {"JobName": normalised_parameters["JobName"], "JobRunId": response["JobRunId"]}
        )

    def _build_sync_resolver(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],  # noqa: ARG002
        state_credentials: Any,
    ) -> Callable[[], dict[str, Any] | None]:
        started = env.stack.pop()
        client = self._client(resource_runtime_part, state_credentials)

        def resolve() -> dict[str, Any] | None:
            run = client.get_job_run(JobName=started["JobName"], RunId=started["JobRunId"])[
                "JobRun"
            ]
            if run["JobRunState"] not in _ENDED:
                return None
            output: dict[str, Any] = json_ready(run)
            if run["JobRunState"] != "SUCCEEDED":
                raise self._job_failed(env, output)
            return output

        return resolve

    def _stop_job(self, client: Any, parameters: dict[str, Any], started: dict[str, Any]) -> None:  # noqa: ARG002
        client.batch_stop_job_run(JobName=started["JobName"], JobRunIds=[started["JobRunId"]])
