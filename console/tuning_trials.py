"""The trials of a tuning job, as SageMaker lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ENDED = ("Completed", "Failed", "Stopped")


@dataclass(frozen=True, slots=True)
class Trial:
    """One training job of a tuning job.

    Attributes
    ----------
    objective : float or None
        Value of the objective metric; ``None`` while it runs and when it failed.
    seconds : float or None
        Duration of the training.
    """

    number: int
    name: str
    status: str
    metric_name: str
    minimize: bool
    objective: float | None
    seconds: float | None
    hyperparameters: Mapping[str, str]

    @property
    def ended(self) -> bool:
        """Whether its status is final."""
        return self.status in ENDED


def list_trials(sagemaker: Any, tuning_job_name: str) -> list[Trial]:
    """Return all trials so far, in the order they were made.

    Parameters
    ----------
    sagemaker : boto3 client
    tuning_job_name : str
    """
    paginator = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    pages = paginator.paginate(
        HyperParameterTuningJobName=tuning_job_name, SortBy="CreationTime", SortOrder="Ascending"
    )
    summaries = [summary for page in pages for summary in page["TrainingJobSummaries"]]
    summaries.sort(key=lambda summary: (summary["CreationTime"], summary["TrainingJobName"]))
    return [_trial(number, summary) for number, summary in enumerate(summaries, start=1)]


def best_trial(trials: Iterable[Trial]) -> Trial | None:
    """Return the trial with the best objective, the earliest of equals."""
    scored = [trial for trial in trials if trial.objective is not None]
    if not scored:
        return None
    sign = 1.0 if scored[0].minimize else -1.0
    return min(scored, key=lambda trial: (sign * (trial.objective or 0.0), trial.number))


def _trial(number: int, summary: Mapping[str, Any]) -> Trial:
    metric = summary.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    started, ended = summary.get("TrainingStartTime"), summary.get("TrainingEndTime")
    return Trial(
        number=number,
        name=summary["TrainingJobName"],
        status=summary["TrainingJobStatus"],
        metric_name=metric.get("MetricName", ""),
        minimize=metric.get("Type", "Minimize") == "Minimize",
        objective=metric.get("Value"),
        seconds=(ended - started).total_seconds() if started and ended else None,
        hyperparameters=dict(summary.get("TunedHyperParameters", {})),
    )
