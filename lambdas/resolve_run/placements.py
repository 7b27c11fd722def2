"""Where a job runs, start by start: what to do when there is no capacity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lambdas.resolve_run.events import TrainingPlacement, TransformPlacement
from lambdas.resolve_run.execution_input import Training, Transform
from lambdas.resolve_run.sections import Problem

# A spot job may wait as long for capacity as it may run.
_SPOT_WAIT_FACTOR = 2

Placement = TypeVar("Placement", TrainingPlacement, TransformPlacement)


def training_placements(training: Training) -> list[TrainingPlacement]:
    """Say for every start of a training, or of a tuning, where it runs.

    First comes the given instance type; after spot, the same type on demand, whose capacity is
    another; then each fallback type on demand. The last one is repeated.

    Returns
    -------
    list of TrainingPlacement
        ``training.max_restarts + 1`` of them.
    """
    types = [training.instance_type, *training.fallback_instance_types]
    placements = [_on_demand(training, instance_type) for instance_type in types]
    if training.use_spot:
        placements.insert(0, _spot(training))
    return _for_each_start(placements, training.max_restarts)


def transform_placements(transform: Transform) -> list[TransformPlacement]:
    """Say for every start of a batch transform where it runs.

    Returns
    -------
    list of TransformPlacement
        ``transform.max_restarts + 1`` of them: the given instance type, then each fallback type;
        the last one is repeated.
    """
    types = [transform.instance_type, *transform.fallback_instance_types]
    placements = [
        TransformPlacement(instance_type=instance_type, is_last=False) for instance_type in types
    ]
    return _for_each_start(placements, transform.max_restarts)


def unreachable_fallbacks(training: Training, transform: Transform) -> list[Problem]:
    """Complain about fallback types that no restart is left for, once for each section."""
    return [
        *_unreachable("training", training, spot_restarts=int(training.use_spot)),
        *_unreachable("transform", transform, spot_restarts=0),
    ]


def _spot(training: Training) -> TrainingPlacement:
    return TrainingPlacement(
        instance_type=training.instance_type,
        is_last=False,
        use_spot=True,
        stopping_condition={
            "MaxRuntimeInSeconds": training.max_runtime_seconds,
            "MaxWaitTimeInSeconds": training.max_runtime_seconds * _SPOT_WAIT_FACTOR,
        },
    )


def _on_demand(training: Training, instance_type: str) -> TrainingPlacement:
    return TrainingPlacement(
        instance_type=instance_type,
        is_last=False,
        use_spot=False,
        stopping_condition={"MaxRuntimeInSeconds": training.max_runtime_seconds},
    )


def _for_each_start(placements: Sequence[Placement], max_restarts: int) -> list[Placement]:
    last = len(placements) - 1
    return [
        placements[min(start, last)].model_copy(update={"is_last": start == max_restarts})
        for start in range(max_restarts + 1)
    ]


def _unreachable(section: str, given: Training | Transform, *, spot_restarts: int) -> list[Problem]:
    n_fallbacks = len(given.fallback_instance_types)
    needed = n_fallbacks + spot_restarts
    if not n_fallbacks or needed <= given.max_restarts:
        return []
    after_spot = " after the one that goes from spot to on demand" if spot_restarts else ""
    return [
        Problem(
            (section, "fallback_instance_types"),
            f"expected a restart for each{after_spot}, found {n_fallbacks} and "
            f"{section}.max_restarts {given.max_restarts}; name fewer types, or set "
            f"{section}.max_restarts to {needed}",
        )
    ]
