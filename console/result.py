"""A run's result in words: for the terminal, and as the JSON document of ``--json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.run_record import RunRecord
from console.tuning_trials import best_trial

# Metric, what to call it, and the baselines that it has to beat: these depend on the ratings only.
JUDGED = {
    "rmse": (
        "RMSE",
        {"global_mean_rmse": "global mean", "bias_baseline_rmse": "customer + video bias"},
    ),
    "accuracy": ("Accuracy", {"majority_accuracy": "always the more frequent class"}),
    "log_loss": ("Log loss", {"prior_log_loss": "always the share of positives"}),
}
_BIGGER_IS_BETTER = ("accuracy",)
PLAIN = {"mae": "MAE", "mse": "MSE"}
_COUNTS = {"n_test": "test ratings", "cold_customers": "cold customers", "cold_videos":
           "cold videos", "cold_rows": "test ratings with a cold start"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """A metric beside its baselines.

    Attributes
    ----------
    baselines : tuple of (str, float, float)
        Name, value, and by which share of it the model is better (negative: worse).
    """

    label: str
    value: float
    baselines: tuple[tuple[str, float, float], ...]


def is_better_bigger(metric: str) -> bool:
    """Whether a metric is the better the bigger it is."""
    return metric in _BIGGER_IS_BETTER


def comparisons(metrics: Mapping[str, float]) -> list[Comparison]:
    """Set the metrics that were judged beside the baselines.

    Parameters
    ----------
    metrics : mapping
        As Evaluate measured them.
    """
    found = []
    for name, (label, baselines) in JUDGED.items():
        if name not in metrics:
            continue
        value = metrics[name]
        sign = 1.0 if is_better_bigger(name) else -1.0
        compared = tuple(
            (text, metrics[key], sign * (value - metrics[key]) / metrics[key])
            for key, text in baselines.items()
            if metrics.get(key)
        )
        found.append(Comparison(label, value, compared))
    return found


def plain_metrics(metrics: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the other metrics, by what people call them."""
    return [(label, metrics[name]) for name, label in PLAIN.items() if name in metrics]


def counts(metrics: Mapping[str, float]) -> list[tuple[str, int]]:
    """Return what was counted in the test split."""
    return [(label, int(metrics[name])) for name, label in _COUNTS.items() if name in metrics]


def rejected_rows(ratings: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return why rows were dropped, and how many; reasons without rows are left out."""
    rejected = ratings.get("accounting", {}).get("rejected", {})
    return [(reason.replace("_", " "), count) for reason, count in rejected.items() if count]


_ROUTES = {"lambda": "Functions", "glue": "Spark on Glue"}


def preparation(record: RunRecord) -> tuple[str, str] | None:
    """Say who prepared the ratings, and why; ``None`` if that was not decided yet."""
    chosen = record.resolved.get("preparation")
    if not chosen:
        return None
    return _ROUTES[chosen["route"]], str(chosen["reason"])


def short_number(text: str) -> str:
    """Cut a number that is written in a string to four digits; other strings stay."""
    try:
        number = float(text)
    except ValueError:
        return text
    return text if number.is_integer() else f"{number:.4g}"


def outcome_sentence(record: RunRecord) -> str:
    """Say in one sentence how it went."""
    if record.status == "RUNNING":
        return "The run has not ended yet."
    if record.status != "SUCCEEDED":
        where = f" in {record.failure.step}" if record.failure and record.failure.step else ""
        return f"The run {_status_words(record.status)}{where}."
    if record.skipped:
        running = record.output.get("running_execution_arn")
        return f"The run was skipped, because another one is running: {running}"
    if record.output.get("outcome") == "accepted":
        return "The run succeeded, and its model was taken into use."
    return "The run succeeded, but the quality gate rejected its model."


def failure_text(record: RunRecord) -> str:
    """Say in a line each why a run did not succeed, what to do, and where to look."""
    failure = record.failure
    if failure is None:
        return f"the run {_status_words(record.status)}"
    where = f" in {failure.step}" if failure.step else ""
    why = f"the run {_status_words(record.status)}{where}: {failure.cause}"
    return "\n".join(
        [
            f"{why} ({failure.error or 'no error name'})",
            f"What to do: {failure.what_to_do}",
            *failure.links,
        ]
    )


def _status_words(status: str) -> str:
    return {"ABORTED": "was stopped"}.get(status, status.lower().replace("_", " "))


def as_document(record: RunRecord, report: Path | None) -> dict[str, Any]:
    """Return the final JSON object of a run, whatever its status.

    Parameters
    ----------
    record : RunRecord
    report : Path or None
        The report's file, if there is one.
    """
    best = best_trial(record.trials)
    document = {
        "status": record.status,
        "run_id": record.run_id,
        "mode": record.resolved.get("mode"),
        "outcome": record.output.get("outcome"),
        "reasons": record.output.get("reasons", []),
        "metrics": dict(record.metrics) or None,
        "preparation": record.resolved.get("preparation"),
        "ratings": dict(record.ratings) or None,
        "model": record.output.get("model"),
        "error": record.failure.as_document() if record.failure else None,
        "states": states_document(record),
        "seconds": record.seconds,
        "report": str(report) if report else None,
        "execution_arn": record.execution_arn,
    }
    if record.trials:
        document["trials"] = [
            {
                "name": trial.name,
                "status": trial.status,
                "objective": trial.objective,
                "hyperparameters": dict(trial.hyperparameters),
                "best": best is not None and trial.name == best.name,
            }
            for trial in record.trials
        ]
    return document


def states_document(record: RunRecord) -> list[dict[str, Any]]:
    """Return the states in the order they were entered."""
    return [
        {"name": state.name, "status": state.status, "seconds": state.seconds}
        for state in record.states
    ]
