"""Histories and records as AWS would give them."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from console.run_record import RunRecord
from console.sample_customers import CustomerSample, Shown
from console.timeline import StateRun
from console.training_log import EpochMetric
from console.tuning_trials import Trial

START = dt.datetime(2026, 11, 22, 6, 31, 56, tzinfo=dt.UTC)
EXECUTION_ARN = "arn:aws:states:eu-west-1:123456789012:execution:Machine:train-1"


class History:
    """Writes an execution's events the way Step Functions numbers and links them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.add("ExecutionStarted", seconds=0.0)

    def add(self, kind: str, *, seconds: float, **details: Any) -> "History":
        name = details.pop("details", None)
        event = {
            "id": len(self.events) + 1,
            "previousEventId": len(self.events),
            "type": kind,
            "timestamp": START + dt.timedelta(seconds=seconds),
        }
        if name:
            event[name] = details
        self.events.append(event)
        return self

    def enter(self, name: str, *, seconds: float, kind: str = "Task") -> "History":
        return self.add(
            f"{kind}StateEntered", seconds=seconds, details="stateEnteredEventDetails", name=name
        )

    def schedule(self, *, seconds: float, **parameters: Any) -> "History":
        return self.add(
            "TaskScheduled",
            seconds=seconds,
            details="taskScheduledEventDetails",
            resourceType="sagemaker",
            resource="createTrainingJob.sync",
            parameters=json.dumps(parameters),
        )

    def fail(self, *, seconds: float, error: str, cause: str) -> "History":
        return self.add(
            "TaskFailed",
            seconds=seconds,
            details="taskFailedEventDetails",
            error=error,
            cause=cause,
        )

    def exit(self, name: str, *, seconds: float, kind: str = "Task", **assigned: Any) -> "History":
        return self.add(
            f"{kind}StateExited",
            seconds=seconds,
            details="stateExitedEventDetails",
            name=name,
            output="{}",
            assignedVariables={key: json.dumps(value) for key, value in assigned.items()},
        )


@pytest.fixture
def history() -> History:
    return History()


def state(name: str, begin: float, end: float | None, **more: Any) -> StateRun:
    ended_at = None if end is None else START + dt.timedelta(seconds=end)
    values = {"kind": "Task", "status": "SUCCEEDED" if ended_at else "RUNNING", **more}
    return StateRun(
        name=name, started_at=START + dt.timedelta(seconds=begin), ended_at=ended_at, **values
    )


@pytest.fixture
def make_state() -> Callable[..., StateRun]:
    return state


def trial(number: int, objective: float | None, **more: Any) -> Trial:
    values: dict[str, Any] = {
        "number": number,
        "name": f"tuning-{number:03d}-0a1b2c3d",
        "status": "Completed" if objective is not None else "Failed",
        "metric_name": "test:rmse",
        "minimize": True,
        "objective": objective,
        "seconds": 2.0,
        "hyperparameters": {"factors_lr": "0.001"},
    }
    return Trial(**{**values, **more})


@pytest.fixture
def make_trial() -> Callable[..., Trial]:
    return trial


@pytest.fixture
def make_record() -> Callable[..., RunRecord]:
    def make(**more: Any) -> RunRecord:
        values: dict[str, Any] = {
            "execution_arn": EXECUTION_ARN,
            "name": "train-1",
            "status": "SUCCEEDED",
            "started_at": START,
            "ended_at": START + dt.timedelta(seconds=12.5),
            "execution_input": {"dataset": {"uri": "s3://bucket-1/raw/ratings/"}},
            "output": {
                "run_id": "20261122t063156-1a2b3c",
                "mode": "train",
                "outcome": "accepted",
                "reasons": [],
                "model": {
                    "training_job_name": "20261122t063156-1a2b3c-0-0",
                    "model_data_uri": "s3://bucket-1/runs/r/model/job/output/model.tar.gz",
                    "training_image": "image:1",
                },
                "metrics": {
                    "rmse": 0.8,
                    "mse": 0.64,
                    "mae": 0.6,
                    "global_mean_rmse": 1.0,
                    "bias_baseline_rmse": 0.9,
                    "n_test": 20,
                    "cold_customers": 1,
                    "cold_videos": 2,
                    "cold_rows": 3,
                },
                "ratings": {
                    "accounting": {
                        "rows_read": 110,
                        "kept": 100,
                        "rejected": {"malformed": 0, "below_video_threshold": 10},
                    },
                    "n_users": 12,
                    "n_items": 15,
                    "n_train": 60,
                    "n_validation": 20,
                    "n_test": 20,
                },
                "evaluation_uri": "s3://bucket-1/runs/r/metrics/evaluation.json",
            },
            "resolved": {
                "run_id": "20261122t063156-1a2b3c",
                "mode": "train",
                "predictor_type": "regressor",
            },
            "states": [
                state("ResolveRun", 0.0, 0.5),
                state("TrainOrTune", 0.5, 0.5, kind="Choice"),
                state("TrainModel", 0.5, 12.5),
            ],
            "curve": [EpochMetric(epoch, "rmse", 1.0 / (epoch + 1)) for epoch in range(4)],
            "hyperparameters": {"num_factors": "16"},
            "samples": [
                CustomerSample(
                    customer_id="C1",
                    remark="the most active customer",
                    n_ratings=9,
                    favourites=(Shown("V1", "First", 5.0),),
                    recommendations=(Shown("V2", None, 4.5),),
                )
            ],
        }
        return RunRecord(**{**values, **more})

    return make
