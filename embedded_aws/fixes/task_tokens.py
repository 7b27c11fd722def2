"""Each attempt of a ``.waitForTaskToken`` task has its own token.

moto gives a retry the token of the attempt that has failed, whose answer it then takes again.
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)


def apply() -> None:
    """Make a token for each attempt."""
    evaluate = StateTaskServiceCallback._eval_execution

    def evaluate_with_token(self: StateTaskServiceCallback, env: Any) -> None:
        waits = ResourceCondition.WaitForTaskToken in self._supported_integration_patterns
        if self._is_integration_pattern() and waits:
            env.callback_pool_manager.add(env.states.context_object.update_task_token())
        evaluate(self, env)

    StateTaskServiceCallback._eval_execution = evaluate_with_token
