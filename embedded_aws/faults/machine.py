"""What the task states of a state machine call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from embedded_aws.faults.kinds import StateKind

_JOBS = {
    "sagemaker:createTrainingJob.sync": StateKind.TRAINING_JOB,
    "sagemaker:createHyperParameterTuningJob.sync": StateKind.TUNING_JOB,
    "sagemaker:createTransformJob.sync": StateKind.TRANSFORM_JOB,
}


def task_kinds(definition: Mapping[str, Any]) -> dict[str, StateKind]:
    """Find the task states, those inside Parallel and Map states too.

    Parameters
    ----------
    definition : mapping
        In the Amazon States Language.

    Returns
    -------
    dict of str to StateKind
        By the states' names, in the order of the definition.
    """
    return {
        name: kind_of(str(state["Resource"]))
        for name, state in _states(definition)
        if state.get("Type") == "Task"
    }


def _states(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in definition.get("States", {}).items():
        yield name, state
        for inner in (*state.get("Branches", []), state.get("ItemProcessor", {})):
            yield from _states(inner)


def kind_of(resource: str) -> StateKind:
    """Say what a task state with this ``Resource`` calls."""
    service = resource.partition(":states:::")[2]
    if service.startswith("lambda:") or ":lambda:" in resource:
        return StateKind.FUNCTION
    if service.startswith("glue:startJobRun"):
        return StateKind.GLUE_JOB
    if service in _JOBS:
        return _JOBS[service]
    return StateKind.SAGEMAKER_CALL if service.startswith("sagemaker:") else StateKind.CALL
