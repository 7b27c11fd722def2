"""Task states can call SageMaker: ``arn:aws:states:::sagemaker:createTrainingJob.sync`` and so on.

moto knows the service's name but rejects every use of it.
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
    state_task_service_factory,
)

from embedded_aws.sagemaker.task_state import StateTaskServiceSageMaker

# moto looks every half second whether a job has ended; a short run would mostly wait for that.
_POLLING_SECONDS = 0.1


def apply() -> None:
    """Make the factory return SageMaker task states."""
    original = state_task_service_factory.state_task_service_for

    def with_sagemaker(service_name: str) -> Any:
        if service_name == "sagemaker":
            return StateTaskServiceSageMaker()
        return original(service_name)

    state_task_service_factory.state_task_service_for = with_sagemaker
    state_task_factory.state_task_service_for = with_sagemaker
    state_task_service_callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = _POLLING_SECONDS
