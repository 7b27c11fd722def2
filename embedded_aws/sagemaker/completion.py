"""When a tuning job is good enough to end before its last trial.

Sources: SageMaker API reference, ``TuningJobCompletionCriteria``; developer guide, "Track and set
completion criteria for your tuning job". Not documented, and chosen here: trials without an
objective do not count, and trials are looked at in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# "failed to improve model performance by 1% or greater over prior training jobs"
_IMPROVEMENT = 0.01


def not_improving(objectives: Iterable[float], objective_type: str) -> int:
    """Count the trials since the last one that bettered the best before it by 1% or more.

    Parameters
    ----------
    objectives : iterable of float
        Of the trials that have one, in the order of their numbers.
    objective_type : {"Minimize", "Maximize"}
    """
    sign = -1.0 if objective_type == "Maximize" else 1.0
    best: float | None = None
    count = 0
    for objective in objectives:
        value = sign * objective
        improves = best is None or (value < best and best - value >= _IMPROVEMENT * abs(best))
        count = 0 if improves else count + 1
        best = value if best is None else min(best, value)
    return count


def is_complete(
    criteria: Mapping[str, Any], objectives: Iterable[float], objective_type: str
) -> bool:
    """Whether one of a tuning job's criteria is met.

    Parameters
    ----------
    criteria : mapping
        ``TuningJobCompletionCriteria``.
    objectives, objective_type
        As for `not_improving`.
    """
    objectives = list(objectives)
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and objectives:
        if objective_type == "Maximize" and max(objectives) >= target:
            return True
        if objective_type == "Minimize" and min(objectives) <= target:
            return True
    limit = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    return limit is not None and not_improving(objectives, objective_type) >= limit
