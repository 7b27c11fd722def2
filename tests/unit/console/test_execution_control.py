"""Stopping and redriving."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.errors import BadInputError, EnvironmentProblemError
from console.execution_control import redrive, stop
from console.execution_reference import Execution
from console.timeline import Job
from tests.unit.console.conftest import EXECUTION_ARN, START


class Access:
    """An execution that trains, and a job that takes some looks to stop."""

    poll_seconds = 0.5

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self._events = events
        self.after = "ABORTED"
        self.job_statuses = ["InProgress", "InProgress", "Stopped"]
        self.stopped: list[dict[str, Any]] = []
        self.redriven: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def client(self, _service: str) -> Any:
        return self

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": self._events}

    def stop_execution(self, **request: Any) -> None:
        self.stopped.append(request)

    def redrive_execution(self, **request: Any) -> None:
        if self.error is not None:
            raise self.error
        self.redriven.append(request)

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:
        assert TrainingJobName == "run-0-0-1"
        status = self.job_statuses.pop(0) if len(self.job_statuses) > 1 else self.job_statuses[0]
        return {"TrainingJobStatus": status}

    def describe_execution(self, **_: Any) -> dict[str, Any]:
        return {"executionArn": EXECUTION_ARN, "status": self.after}


@pytest.fixture
def access(history) -> Access:
    history.enter("Preprocess", seconds=0).exit("Preprocess", seconds=1)
    history.enter("TrainModel", seconds=1).schedule(seconds=1, TrainingJobName="run-0-0-0")
    history.fail(seconds=2, error="E", cause="c").schedule(seconds=3, TrainingJobName="run-0-0-1")
    return Access(history.events)


def execution(access: Access, **more: Any) -> Execution:
    described = {"executionArn": EXECUTION_ARN, "name": "train-1", "startDate": START,
                 "status": "RUNNING", **more}  # fmt: skip
    return Execution(access, described)  # type: ignore[arg-type]


def test_stop_says_what_was_stopped_and_waits_for_its_job(access):
    slept: list[float] = []

    stopped = stop(execution(access), sleep=slept.append)

    assert [request["executionArn"] for request in access.stopped] == [EXECUTION_ARN]
    assert (stopped.was_running, stopped.status) == (True, "ABORTED")
    assert stopped.steps == ("TrainModel",)
    assert stopped.jobs == ((Job("TrainingJob", "run-0-0-1"), "Stopped"),)
    assert slept == [0.5, 0.5]
    assert stopped.as_document()["jobs"] == [
        {"kind": "TrainingJob", "name": "run-0-0-1", "status": "Stopped"}
    ]


def test_stop_does_not_wait_for_ever(access):
    access.job_statuses = ["InProgress"]
    slept: list[float] = []

    stopped = stop(execution(access), sleep=slept.append)

    assert stopped.jobs[0][1] == "InProgress"
    assert len(slept) == 10


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"])
def test_what_has_ended_stays_as_it_is(access, status):
    stopped = stop(execution(access, status=status))

    assert (stopped.was_running, stopped.status) == (False, status)
    assert access.stopped == []


def test_execution_that_ends_before_the_stop_was_not_stopped(access):
    access.after, access.job_statuses = "SUCCEEDED", ["Completed"]

    stopped = stop(execution(access))

    assert (stopped.was_running, stopped.status) == (False, "SUCCEEDED")


def test_redrive_counts(access):
    assert redrive(execution(access, status="FAILED", redriveCount=2)) == 3
    assert access.redriven == [{"executionArn": EXECUTION_ARN}]


@pytest.mark.parametrize(
    ("status", "to_do"),
    [("RUNNING", "watch it"), ("SUCCEEDED", "start a new one"), ("FAILED", "the same input")],
)
def test_what_step_functions_says_is_not_redrivable_is_not_asked_for(access, status, to_do):
    described = {
        "status": status, "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Because."
    }  # fmt: skip
    with pytest.raises(BadInputError, match=f"cannot be redriven: Because. .*{to_do}"):
        redrive(execution(access, **described))

    assert access.redriven == []


def test_refusal_to_redrive_is_bad_input_and_others_are_of_the_environment(access):
    def refusal(code: str) -> ClientError:
        return ClientError({"Error": {"Code": code, "Message": "why"}}, "RedriveExecution")

    access.error = refusal("ExecutionNotRedrivable")
    with pytest.raises(BadInputError, match="train-1 cannot be redriven: why"):
        redrive(execution(access, status="FAILED"))
    access.error = refusal("ExecutionLimitExceeded")
    with pytest.raises(EnvironmentProblemError, match="why"):
        redrive(execution(access, status="FAILED"))
