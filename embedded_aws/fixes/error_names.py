"""Retry and Catch take the errors that AWS documents, reserved names included.

moto lets States.ALL catch States.Runtime and States.DataLimitExceeded, and fails on a reserved
error name that a branch, an iteration or a callback reports.
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
)

from embedded_aws.step_functions.error_names import error_name, matches


def apply() -> None:
    """Compare by the documented rules."""

    def eval_body(self: ErrorEqualsDecl, env: Any) -> None:
        error = env.stack.pop()
        names = [name.error_name for name in self.error_names]
        env.stack.append(matches(names, error.error_name if error is not None else None))

    ErrorEqualsDecl._eval_body = eval_body
    for module in (iteration_worker, state_task_service_callback):
        module.CustomErrorName = error_name
