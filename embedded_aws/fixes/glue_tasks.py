"""Task states wait for a Glue job's run as AWS does: ``arn:aws:states:::glue:startJobRun.sync``.

moto's task takes a stopped run for a success and does not stop the run of an aborted or timed-out
task. It drops parameters that StartJobRun does not have, writes times as text, and names every
error after its code.
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_factory,
)

from embedded_aws.glue.task_state import StateTaskServiceGlue


def apply() -> None:
    """Make the factory return our task states for Glue."""
    original = state_task_service_factory.state_task_service_for

    def with_glue(service_name: str) -> Any:
        return StateTaskServiceGlue() if service_name == "glue" else original(service_name)

    state_task_service_factory.state_task_service_for = with_glue
    state_task_factory.state_task_service_for = with_glue
