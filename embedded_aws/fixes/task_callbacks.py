"""A task that is told to have failed keeps the cause that it was told.

SendTaskFailure takes an error and a cause (Step Functions API reference); moto hands on the error
only, so that the task, and an execution that ends with it, has no cause.
"""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.responses import StepFunctionResponse


def apply() -> None:
    """Hand the cause on."""

    def send_task_failure(self: StepFunctionResponse) -> ActionResult:
        self.stepfunction_backend.send_task_failure(
            self._get_param("taskToken"),
            error=self._get_param("error"),
            cause=self._get_param("cause"),
        )
        return EmptyResult()

    StepFunctionResponse.send_task_failure = send_task_failure
