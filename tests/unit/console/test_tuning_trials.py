"""Trials of a tuning job, and which is the best."""

import datetime as dt
from typing import Any

from console.tuning_trials import best_trial, list_trials

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def test_smallest_objective_is_the_best_when_minimizing(make_trial):
    trials = [make_trial(1, 0.9), make_trial(2, None), make_trial(3, 0.8), make_trial(4, 0.8)]

    assert best_trial(trials) is trials[2]


def test_largest_objective_is_the_best_when_maximizing(make_trial):
    trials = [make_trial(1, 0.9, minimize=False), make_trial(2, 0.95, minimize=False)]

    assert best_trial(trials) is trials[1]


def test_no_trial_is_the_best_when_all_failed(make_trial):
    assert best_trial([make_trial(1, None)]) is None


class SageMaker:
    def get_paginator(self, operation: str) -> "SageMaker":
        assert operation == "list_training_jobs_for_hyper_parameter_tuning_job"
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        assert request["HyperParameterTuningJobName"] == "tuning"
        second = {
            "TrainingJobName": "tuning-002",
            "TrainingJobStatus": "InProgress",
            "CreationTime": NOON + dt.timedelta(seconds=1),
            "TunedHyperParameters": {"epochs": "20"},
        }
        first = {
            "TrainingJobName": "tuning-001",
            "TrainingJobStatus": "Completed",
            "CreationTime": NOON,
            "TrainingStartTime": NOON,
            "TrainingEndTime": NOON + dt.timedelta(seconds=3),
            "TunedHyperParameters": {"epochs": "10"},
            "FinalHyperParameterTuningJobObjectiveMetric": {
                "Type": "Minimize",
                "MetricName": "test:rmse",
                "Value": 0.93,
            },
        }
        return [{"TrainingJobSummaries": [second]}, {"TrainingJobSummaries": [first]}]


def test_trials_of_all_pages_are_numbered_as_they_were_made():
    first, second = list_trials(SageMaker(), "tuning")

    assert (first.number, first.name, first.objective, first.seconds) == (1, "tuning-001", 0.93, 3)
    assert first.ended
    assert (second.number, second.status, second.objective) == (2, "InProgress", None)
    assert not second.ended
    assert second.hyperparameters == {"epochs": "20"}
