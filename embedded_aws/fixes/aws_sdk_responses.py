"""``aws-sdk`` tasks answer with the text of a body that an API streams, as ``s3:getObject`` does.

moto leaves botocore's stream in the state's output, which then holds the name of a Python object.
What AWS makes of a body that is no UTF-8 is not documented; here the task fails.
"""

from __future__ import annotations

from typing import Any

from botocore.response import StreamingBody
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (  # noqa: E501
    StateTaskServiceAwsSdk,
)


def apply() -> None:
    """Read streams before the state goes on."""
    original = StateTaskServiceAwsSdk._eval_service_task

    def eval_service_task(self: StateTaskServiceAwsSdk, env: Any, **arguments: Any) -> None:
        original(self, env=env, **arguments)
        response = env.stack[-1]
        for name, value in response.items() if isinstance(response, dict) else ():
            if isinstance(value, StreamingBody):
                response[name] = value.read().decode()

    StateTaskServiceAwsSdk._eval_service_task = eval_service_task
