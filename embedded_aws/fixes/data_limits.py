"""Payloads and variables have the sizes that AWS allows.

moto counts ASCII-escaped JSON with spaces, allows one byte less than AWS, and checks neither what a
task is given, nor an execution's input, nor variables.
"""

from __future__ import annotations

import json
from typing import Any

from moto.stepfunctions.exceptions import InvalidExecutionInput, ValidationException
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.assign.assign_decl import AssignDecl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_lambda
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.responses import StepFunctionResponse

from embedded_aws.step_functions import limits
from embedded_aws.step_functions.error_names import DATA_LIMIT_EXCEEDED, error_name


def apply() -> None:
    """Check every payload."""
    for module in (state, state_task_lambda, state_task_service):
        module.is_within_size_quota = limits.is_within_payload_limit
    _check_parameters()
    _check_variables()
    _check_execution_input()


def _exceeded(env: Any, cause: str) -> FailureEventException:
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=error_name(DATA_LIMIT_EXCEEDED),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(
                taskFailedEventDetails=TaskFailedEventDetails(
                    error=DATA_LIMIT_EXCEEDED, cause=cause
                )
            ),
        )
    )


def _check_parameters() -> None:
    """A task's parameters are its input; which words AWS says of too large ones is undocumented."""
    before = state_task_service.StateTaskService._before_eval_execution
    lambda_parameters = StateTaskLambda._eval_parameters

    def check(env: Any, name: str, parameters: Any) -> None:
        if not limits.is_within_payload_limit(parameters):
            raise _exceeded(
                env,
                f"The state/task '{name}' was given parameters with a size exceeding the maximum "
                "number of bytes service limit.",
            )

    def check_before(self: Any, env: Any, **kwargs: Any) -> None:
        check(env, self._get_sfn_resource_type(), kwargs["raw_parameters"])
        before(self, env=env, **kwargs)

    def check_lambda_parameters(self: Any, env: Any) -> Any:
        parameters = lambda_parameters(self, env)
        check(env, self.resource.resource_arn, parameters["Payload"])
        return parameters

    state_task_service.StateTaskService._before_eval_execution = check_before
    StateTaskLambda._eval_parameters = check_lambda_parameters


def _check_variables() -> None:
    """Which error too large variables give is not documented; a variable is a payload, too."""

    def eval_body(self: AssignDecl, env: Any) -> None:
        assigned: dict[str, Any] = {}
        for binding in self.declaration_bindings:
            binding.eval(env=env)
            assigned.update(env.stack.pop())
        store = env.variable_store
        problem = limits.variables_problem(assigned, {**store._outer_scope, **store._inner_scope})
        if problem is not None:
            raise _exceeded(env, problem)
        for name, value in assigned.items():
            store.set(variable_identifier=name, variable_value=value)

    AssignDecl._eval_body = eval_body


def _check_execution_input() -> None:
    """The API's model allows 262,144 characters, the quota as many bytes; moto garbles its error.

    Which error too many bytes in few characters give is not documented.
    """
    start_execution = StepFunctionResponse.start_execution

    def start_with_checked_input(self: StepFunctionResponse) -> Any:
        text = self._get_param("input", if_none="{}")
        if len(text) > limits.MAX_PAYLOAD_BYTES:
            raise ValidationException(
                "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                f"Member must have length less than or equal to {limits.MAX_PAYLOAD_BYTES}"
            )
        if len(text.encode()) > limits.MAX_PAYLOAD_BYTES:
            raise InvalidExecutionInput(
                f"Invalid State Machine Execution Input: '{len(text.encode())} bytes in UTF-8, "
                f"more than {limits.MAX_PAYLOAD_BYTES}'"
            )
        try:
            json.loads(text)
        except ValueError as error:
            raise InvalidExecutionInput(
                f"Invalid State Machine Execution Input: '{error}'"
            ) from error
        return start_execution(self)

    StepFunctionResponse.start_execution = start_with_checked_input
