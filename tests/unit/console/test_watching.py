"""Watching an execution to its end."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.errors import EnvironmentProblemError
from console.view import QuietView
from console.watching import watch

ARN = "arn:aws:states:eu-west-1:123456789012:execution:Machine:train-1"


class Telling(QuietView):
    """Remembers what it was told, in order."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def state(self, state) -> None:
        self.told.append((state.name, state.status))

    def epoch(self, metric) -> None:
        self.told.append(("epoch", metric.epoch))

    def trials(self, trials) -> None:
        self.told.append(("trials", [trial.status for trial in trials]))


class Access:
    """AWS as it looks at one look after the other."""

    poll_seconds = 0.5

    def __init__(self, histories: list[list[dict[str, Any]]]) -> None:
        self._histories = histories
        self.trials: list[list[str]] = []

    def client(self, _service: str) -> Any:
        return self

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        events = self._histories.pop(0)
        return {"events": events}

    def describe_log_streams(self, **request: Any) -> dict[str, Any]:
        return {"logStreams": [{"logStreamName": request["logStreamNamePrefix"] + "algo-1-1"}]}

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        if "nextToken" in request:
            return {"events": [], "nextForwardToken": request["nextToken"]}
        line = "#quality_metric: host=algo-1, epoch=0, train rmse <loss>=1.0"
        return {"events": [{"message": line}], "nextForwardToken": "f/1"}

    def get_paginator(self, _operation: str) -> "Access":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        statuses = self.trials.pop(0)
        return [
            {
                "TrainingJobSummaries": [
                    {"TrainingJobName": f"t-{n}", "TrainingJobStatus": status, "CreationTime": n}
                    for n, status in enumerate(statuses)
                ]
            }
        ]


def test_states_and_epochs_are_told_in_order(history):
    history.enter("TrainModel", seconds=0).schedule(seconds=0, TrainingJobName="job")
    first = list(history.events)
    history.add("TaskSucceeded", seconds=2).exit("TrainModel", seconds=2)
    history.add("ExecutionSucceeded", seconds=2)
    view, slept = Telling(), []

    timeline = watch(Access([first, history.events]), ARN, view, sleep=slept.append)

    assert timeline.status == "SUCCEEDED"
    assert view.told == [("epoch", 0), ("TrainModel", "RUNNING"), ("TrainModel", "SUCCEEDED")]
    assert slept == [0.5]


@pytest.mark.parametrize(
    ("hyperparameters", "told"), [({"epochs": "40"}, 40), ({}, None), ({"epochs": "many"}, None)]
)
def test_length_of_a_training_is_told_once_when_it_begins(history, hyperparameters, told):
    history.enter("ResolveRun", seconds=0)
    history.exit("ResolveRun", seconds=1, run={"hyperparameters": hyperparameters})
    history.enter("TrainModel", seconds=1).schedule(seconds=1, TrainingJobName="job")
    first = list(history.events)
    history.add("TaskSucceeded", seconds=2).exit("TrainModel", seconds=2)
    history.add("ExecutionSucceeded", seconds=2)
    view = Telling()
    lengths: list[int | None] = []
    view.training = lengths.append

    watch(Access([first, history.events]), ARN, view, sleep=lambda _: None)

    assert lengths == [told]


def test_trials_are_told_when_they_change(history):
    history.enter("TuneModel", seconds=0).schedule(seconds=0, HyperParameterTuningJobName="tuning")
    first = list(history.events)
    history.add("TaskSucceeded", seconds=2).exit("TuneModel", seconds=2)
    history.add("ExecutionSucceeded", seconds=2)
    access = Access([first, first, first, history.events])
    access.trials = [["InProgress"], ["InProgress"], ["Completed"], ["Completed", "Completed"]]
    view = Telling()

    watch(access, ARN, view, sleep=lambda _: None)

    assert [told for told in view.told if told[0] == "trials"] == [
        ("trials", ["InProgress"]),
        ("trials", ["Completed"]),
        ("trials", ["Completed", "Completed"]),
    ]


def test_refusal_is_a_problem_of_the_environment():
    class Refusing(Access):
        def get_execution_history(self, **_: Any) -> dict[str, Any]:
            error = {"Error": {"Code": "AccessDeniedException", "Message": "not you"}}
            raise ClientError(error, "GetExecutionHistory")

    with pytest.raises(EnvironmentProblemError, match="not you"):
        watch(Refusing([]), ARN, QuietView(), sleep=lambda _: None)


def test_log_that_may_not_be_read_is_no_reason_to_stop_watching(history):
    class Closed(Access):
        def describe_log_streams(self, **_: Any) -> dict[str, Any]:
            error = {"Error": {"Code": "AccessDeniedException", "Message": "not you"}}
            raise ClientError(error, "DescribeLogStreams")

        class exceptions:  # noqa: N801 - named as boto3 names it
            ResourceNotFoundException = KeyError

    class Noting(Telling):
        def note(self, text: str) -> None:
            self.told.append(text)

    history.enter("TrainModel", seconds=0).schedule(seconds=0, TrainingJobName="job")
    first = list(history.events)
    history.exit("TrainModel", seconds=2).add("ExecutionSucceeded", seconds=2)
    view = Noting()

    timeline = watch(Closed([first, first, history.events]), ARN, view, sleep=lambda _: None)

    assert timeline.status == "SUCCEEDED"
    notes = [told for told in view.told if isinstance(told, str)]
    assert len(notes) == 1
    assert "not you" in notes[0]


def test_redrive_that_the_history_does_not_know_yet_is_waited_for(history):
    history.enter("TrainModel", seconds=0).schedule(seconds=0)
    history.add("ExecutionAborted", seconds=1)
    before = list(history.events)
    history.add("ExecutionRedriven", seconds=5).schedule(seconds=5)
    history.exit("TrainModel", seconds=6).add("ExecutionSucceeded", seconds=6)
    view = Telling()

    timeline = watch(
        Access([before, before, history.events]), ARN, view, redrives=1, sleep=lambda _: None
    )

    assert timeline.status == "SUCCEEDED"
    assert view.told == [("TrainModel", "ABORTED"), ("TrainModel", "SUCCEEDED")]


def test_tuning_after_a_redrive_is_told_too(history):
    history.enter("TuneModel", seconds=0).schedule(seconds=0, HyperParameterTuningJobName="first")
    history.exit("TuneModel", seconds=1).enter("RunFailed", seconds=1).schedule(seconds=1)
    history.add("ExecutionFailed", seconds=1).add("ExecutionRedriven", seconds=5)
    first = list(history.events)
    history.enter("TuneModel", seconds=6).schedule(seconds=6, HyperParameterTuningJobName="second")
    second = list(history.events)
    history.exit("TuneModel", seconds=7).add("ExecutionSucceeded", seconds=7)
    access = Access([first, second, history.events])
    access.trials = [["Failed"], ["InProgress"], ["Completed"]]
    view = Telling()

    watch(access, ARN, view, sleep=lambda _: None)

    assert [told[1] for told in view.told if told[0] == "trials"] == [
        ["Failed"],
        ["InProgress"],
        ["Completed"],
    ]
