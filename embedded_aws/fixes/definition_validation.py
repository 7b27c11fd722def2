"""ValidateStateMachineDefinition says what is wrong with a definition; moto does not answer it."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

from embedded_aws.step_functions.validation import validate


def apply() -> None:
    """Answer it."""

    def validate_state_machine_definition(self: StepFunctionResponse) -> ActionResult:
        return ActionResult(
            validate(
                self._get_param("definition"),
                severity=self._get_param("severity") or "ERROR",
                max_results=int(self._get_param("maxResults") or 0),
            )
        )

    StepFunctionResponse.validate_state_machine_definition = validate_state_machine_definition
