"""What a run is going to do and can cost at most, in words, before it is started."""

from __future__ import annotations

from lambdas.resolve_run.cost import InstanceHours
from lambdas.resolve_run.events import ResolvedRun

_MINUTE, _HOUR = 60, 3600


def bound(hours: InstanceHours) -> str:
    """Say what a run can cost at most."""
    jobs = hours.max_learning_jobs + hours.max_transform_jobs
    return f"at most {hours.total:,.4g} instance-hours in at most {jobs:,} jobs"


def plan(run: ResolvedRun) -> list[str]:
    """Say what a run does, one sentence for each of its stages.

    Parameters
    ----------
    run : ResolvedRun
        With every default filled in.
    """
    dataset, rules, split = run.dataset, run.filter, run.split
    written = f", written as {dataset.format}" if dataset.format else ""
    how = "at random" if split.strategy == "random" else "by time, the latest to the test"
    return [
        f"Reads {dataset.uri}{written}.",
        f"Keeps customers with at least {rules.min_ratings_per_customer} ratings and videos with "
        f"at least {rules.min_ratings_per_video}"
        f"{', over and over until both hold' if rules.until_stable else ''}.",
        f"Splits {how}: {split.train:.4g} train, {split.validation:.4g} validation, "
        f"{split.test:.4g} test.",
        _learning(run),
        f"Predicts the test split on {_placed(run.transform.instance_count, _types(run, False))}"
        f"{_restarts(len(run.transform.placements))}.",
        _gate(run),
    ]


def _learning(run: ResolvedRun) -> str:
    training, tuning = run.training, run.tuning
    seconds = training.placements[0].stopping_condition["MaxRuntimeInSeconds"]
    where = (
        f"on {_placed(training.instance_count, _types(run, True))}, at most {_time(seconds)} a job"
        f"{_restarts(len(training.placements))}."
    )
    if run.mode == "tune":
        names = [item["Name"] for items in tuning.parameter_ranges.values() for item in items]
        return (
            f"Tunes {', '.join(names)} in {tuning.max_jobs} trials, {tuning.max_parallel_jobs} at "
            f"a time ({tuning.strategy}), {where}"
        )
    found = run.hyperparameters
    return (
        f"Trains a {run.predictor_type.replace('_', ' ')} with {found['num_factors']} factors for "
        f"{found['epochs']} epochs {where}"
    )


def _types(run: ResolvedRun, learning: bool) -> list[str]:
    """List where the starts are, each kind of place once."""
    if not learning:
        return list(dict.fromkeys(place.instance_type for place in run.transform.placements))
    return list(
        dict.fromkeys(
            f"{place.instance_type}{' (spot)' if place.use_spot else ''}"
            for place in run.training.placements
        )
    )


def _placed(instance_count: int, types: list[str]) -> str:
    return f"{instance_count} of {', then '.join(types)}"


def _restarts(n_starts: int) -> str:
    times = n_starts - 1
    return f", started again up to {times} {'time' if times == 1 else 'times'}" if times else ""


def _time(seconds: int) -> str:
    if seconds >= _HOUR:
        return f"{seconds / _HOUR:.3g} h"
    return f"{seconds / _MINUTE:.3g} min" if seconds >= _MINUTE else f"{seconds} s"


def _gate(run: ResolvedRun) -> str:
    gate = run.quality_gate
    conditions = [
        *(["it beats the baselines"] if gate.must_beat_baselines else []),
        *([f"its RMSE is at most {gate.max_rmse:g}"] if gate.max_rmse is not None else []),
        *(
            [
                f"its loss is at most {gate.max_loss_ratio_to_accepted:g} times that of the model "
                "in use"
            ]
            if gate.max_loss_ratio_to_accepted is not None
            else []
        ),
    ]
    if not conditions:
        return "Accepts the model whatever its quality."
    return f"Accepts the model if {' and '.join(conditions)}."
