"""What a run can cost at most, in instance-hours, before anything is started."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.resolve_run.execution_input import ExecutionInput
from lambdas.resolve_run.sections import Problem

# SageMaker has no time limit for a batch transform: the state that waits for it has this one.
TRANSFORM_LIMIT_HOURS = 24
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class InstanceHours:
    """Upper bounds, in hours times instances.

    Attributes
    ----------
    learning : float
        The training job, or all trials of the tuning job.
    transform : float
        The batch transform of the test split.
    max_learning_jobs, max_transform_jobs : int
        How many jobs these are, if every one is started as often as it may be.
    explanation : str
        How they come about, in the words of the execution input.
    """

    learning: float
    transform: float
    max_learning_jobs: int
    max_transform_jobs: int
    explanation: str

    @property
    def total(self) -> float:
        """All of the run; a redrive can add as much again."""
        return self.learning + self.transform


def max_instance_hours(given: ExecutionInput) -> InstanceHours:
    """Bound what a run can use, by the time limits that SageMaker and the workflow keep.

    Every start of a job may run for its whole time limit before it fails and is started again. A
    spot training may wait longer than it may run, but waiting is not billed.
    """
    training, transform = given.training, given.transform
    n_jobs = given.tuning.max_jobs if given.mode == "tune" else 1
    hours = training.max_runtime_seconds / _SECONDS_PER_HOUR
    of_jobs = f"{n_jobs} tuning.max_jobs x " if given.mode == "tune" else ""
    learning_starts, transform_starts = training.max_restarts + 1, transform.max_restarts + 1
    return InstanceHours(
        learning=learning_starts * n_jobs * training.instance_count * hours,
        transform=float(transform_starts * transform.instance_count * TRANSFORM_LIMIT_HOURS),
        max_learning_jobs=learning_starts * n_jobs,
        max_transform_jobs=transform_starts,
        explanation=(
            f"{learning_starts} starts by training.max_restarts x {of_jobs}"
            f"{training.instance_count} training.instance_count x {hours:g} h of "
            f"training.max_runtime_seconds, and {transform_starts} starts by "
            f"transform.max_restarts x {transform.instance_count} transform.instance_count x "
            f"{TRANSFORM_LIMIT_HOURS} h"
        ),
    )


def excess(hours: InstanceHours, limit: float) -> list[Problem]:
    """Complain about a run that could use more than `limit` instance-hours."""
    if hours.total <= limit:
        return []
    return [
        Problem(
            ("limits", "max_instance_hours"),
            f"expected at most {limit:g} instance-hours, found {hours.total:g} that the run could "
            f"use ({hours.explanation}); ask for less, or raise the limit",
        )
    ]
