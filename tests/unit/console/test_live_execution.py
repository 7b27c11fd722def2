"""An execution looked at again and again: what is new is read, and nothing of what has ended."""

import json
from collections import Counter
from typing import Any

import pytest

from console.live_execution import LiveExecution
from console.training_log import EpochMetric
from tests.unit.console.conftest import EXECUTION_ARN, START, History

DEFINITION = {"StartAt": "Train", "States": {"Train": {"Type": "Task", "End": True}}}


class NothingLoggedError(Exception):
    """What boto3 raises for a group that is not there."""


class Aws:
    """One execution with one training job, and a count of what was asked."""

    poll_seconds = 0.0
    is_local = True

    class exceptions:  # noqa: N801 - named as boto3 names it
        ResourceNotFoundException = NothingLoggedError

    def __init__(self, history: History) -> None:
        self.history = history
        self.status = "RUNNING"
        self.redrives = 0
        self.job_status = "InProgress"
        self.asked: Counter[str] = Counter()

    def client(self, _service: str) -> Any:
        return self

    def describe_execution(self, **_: Any) -> dict[str, Any]:
        self.asked["describe_execution"] += 1
        return {"executionArn": EXECUTION_ARN, "name": "train-1", "status": self.status,
                "startDate": START, "input": "{}", "redriveCount": self.redrives,
                "redriveStatus": "REDRIVABLE" if self.status == "FAILED" else "NOT_REDRIVABLE",
                }  # fmt: skip

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        self.asked["get_execution_history"] += 1
        return {"events": list(reversed(self.history.events))}

    def describe_state_machine_for_execution(self, **_: Any) -> dict[str, Any]:
        self.asked["definition"] += 1
        return {"stateMachineArn": "arn:machine", "definition": json.dumps(DEFINITION)}

    def describe_training_job(self, **_: Any) -> dict[str, Any]:
        self.asked["describe_training_job"] += 1
        ended = {"TrainingEndTime": START} if self.job_status != "InProgress" else {}
        return {"TrainingJobStatus": self.job_status, "CreationTime": START, **ended,
                "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1}}  # fmt: skip

    def describe_log_streams(self, **_: Any) -> dict[str, Any]:
        return {"logStreams": []}

    def get_paginator(self, _operation: str) -> Any:
        raise NothingLoggedError


@pytest.fixture
def aws(history: History) -> Aws:
    history.enter("Train", seconds=1).schedule(seconds=1, TrainingJobName="run-0-0-0")
    return Aws(history)


@pytest.fixture
def live(aws: Aws) -> LiveExecution:
    return LiveExecution(aws, EXECUTION_ARN)  # type: ignore[arg-type]


def end(aws: Aws, kind: str, status: str) -> None:
    aws.history.add(kind, seconds=9)
    aws.status, aws.job_status = status, "Completed"


def test_a_look_has_states_jobs_and_definition(live: LiveExecution) -> None:
    look = live.look()
    assert not look.is_over
    assert [state.name for state in look.record.states] == ["Train"]
    assert [(job.name, job.status) for job in look.jobs] == [("run-0-0-0", "InProgress")]
    assert look.definition == DEFINITION


def test_the_definition_is_read_once_and_a_running_job_now_and_then(
    live: LiveExecution, aws: Aws
) -> None:
    for _ in range(10):
        live.look()
    assert aws.asked["get_execution_history"] == 10
    assert aws.asked["definition"] == 1
    assert aws.asked["describe_training_job"] == 2


def test_the_end_is_seen_with_its_jobs_and_then_read_no_more(live: LiveExecution, aws: Aws) -> None:
    live.look()
    end(aws, "ExecutionFailed", "FAILED")
    look = live.look()
    assert look.is_over
    assert look.can_be_redriven
    assert [job.status for job in look.jobs] == ["Completed"]
    for _ in range(3):  # the logs of what has ended are read twice more
        live.look()
    before = aws.asked["get_execution_history"]
    assert live.look() is live.look()
    assert aws.asked["get_execution_history"] == before


def test_a_redrive_is_noticed(live: LiveExecution, aws: Aws) -> None:
    end(aws, "ExecutionFailed", "FAILED")
    for _ in range(4):
        live.look()
    aws.status, aws.redrives = "RUNNING", 1
    aws.history.add("ExecutionRedriven", seconds=20)
    look = live.look()
    assert not look.is_over
    assert look.execution.redrives == 1


def test_people_who_look_at_the_same_time_ask_once(live: LiveExecution, aws: Aws) -> None:
    aws.poll_seconds = 60.0
    assert live.look() is live.look()
    assert aws.asked["describe_execution"] == 1


def test_a_training_that_begins_anew_begins_a_new_curve(live: LiveExecution) -> None:
    for epoch in (0, 1, 0):
        live.epoch(EpochMetric(epoch, "rmse", 1.0 - epoch / 10))
    assert [metric.epoch for metric in live.look().curve] == [0]


def test_an_end_while_it_is_read_is_seen_whole_at_the_next_look(
    aws: Aws, live: LiveExecution, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = aws.get_execution_history

    def read_and_end(**request: Any) -> dict[str, Any]:
        answer = read(**request)
        end(aws, "ExecutionFailed", "FAILED")
        return answer

    monkeypatch.setattr(aws, "get_execution_history", read_and_end)
    assert not live.look().is_over
    monkeypatch.setattr(aws, "get_execution_history", read)
    look = live.look()
    assert look.is_over
    assert [state.status for state in look.record.states] == ["FAILED"]
