"""Task states reach the embedded AWS by address, as their role, through clients made once.

moto's tasks make a new client for every call, and address it as ``localhost``; S3 clients turn
that into ``bucket.localhost``, which many machines cannot resolve. They know the state machine's
role, and make no use of it.
"""

from __future__ import annotations

import sys
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask

from embedded_aws.role_clients import client_for


def apply() -> None:
    """Hand the cached clients to moto's tasks, and tell them for which state machine."""
    eval_credentials = StateTask._eval_state_credentials

    def credentials_of_machine(self: StateTask, env: Any) -> Any:
        credentials = eval_credentials(self, env)
        context = env.states.context_object.context_object_data
        credentials.state_machine_arn = context["StateMachine"]["Id"]
        return credentials

    StateTask._eval_state_credentials = credentials_of_machine
    original = lambda_eval_utils.boto_client_for
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", "")
        if name.startswith("moto.stepfunctions.parser") and (
            getattr(module, "boto_client_for", None) is original
        ):
            module.boto_client_for = client_for  # type: ignore[attr-defined]
    if state_task_service_aws_sdk.boto_client_for is not client_for:
        raise RuntimeError("moto's aws-sdk tasks take their clients from elsewhere")
