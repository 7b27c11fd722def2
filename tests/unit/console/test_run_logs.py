"""The lines of a run's functions and jobs, found by its id and their names."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.errors import BadInputError, EnvironmentProblemError
from console.execution_reference import Execution
from console.log_lines import as_document, as_text, is_metrics_only
from console.logged_steps import check_step
from console.run_logs import LogLine, RunLogs
from console.timeline import Timeline
from tests.unit.console.conftest import EXECUTION_ARN, START

FUNCTION = "arn:aws:lambda:eu-west-1:1:function:stack-Preprocess"
FUNCTION_GROUP = "stack-PreprocessLog"
TRAINING_GROUP = "/aws/sagemaker/TrainingJobs"
START_MS = int(START.timestamp() * 1000)


class NothingLoggedError(Exception):
    """What boto3 raises for a group that is not there."""


class Access:
    """CloudWatch Logs with streams, and what else is asked for logs."""

    class exceptions:  # noqa: N801 - named as boto3 names it
        ResourceNotFoundException = NothingLoggedError

    def __init__(self) -> None:
        self.streams: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.requests: list[dict[str, Any]] = []
        self._operation = ""
        self._written = 0

    def client(self, _service: str) -> Any:
        return self

    def write(self, group: str, stream: str, seconds: float, message: str) -> None:
        self._written += 1
        event = {
            "eventId": str(self._written),
            "logStreamName": stream,
            "timestamp": START_MS + int(seconds * 1000),
            "message": message,
        }
        self.streams.setdefault((group, stream), []).append(event)

    def get_function_configuration(self, **request: Any) -> dict[str, Any]:
        assert request == {"FunctionName": FUNCTION}
        return {"LoggingConfig": {"LogFormat": "JSON", "LogGroup": FUNCTION_GROUP}}

    def get_paginator(self, operation: str) -> "Access":
        self._operation = operation
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        self.requests.append(request)
        group = request["logGroupName"]
        mine = {name: events for (where, name), events in self.streams.items() if where == group}
        if not mine:
            raise NothingLoggedError
        if self._operation == "describe_log_streams":
            names = [n for n in sorted(mine) if n.startswith(request["logStreamNamePrefix"])]
            return [{"logStreams": [{"logStreamName": name}]} for name in names]
        assert len(request.get("logStreamNames", [])) <= 100
        events = [
            event
            for name, events in mine.items()
            for event in events
            if name in request.get("logStreamNames", [name])
            and event["timestamp"] >= request["startTime"]
            and request.get("filterPattern", "").strip('"') in event["message"]
        ]
        return [{"events": events[:1]}, {"events": []}, {"events": events[1:]}]


@pytest.fixture
def access() -> Access:
    return Access()


@pytest.fixture
def execution(access: Access) -> Execution:
    described = {"executionArn": EXECUTION_ARN, "name": "train-1", "startDate": START}
    return Execution(access, described)  # type: ignore[arg-type]


@pytest.fixture
def timeline(history) -> Timeline:
    history.enter("Preprocess", seconds=0).schedule(seconds=0, FunctionName=FUNCTION)
    history.exit("Preprocess", seconds=2)
    history.enter("TrainModel", seconds=2).schedule(seconds=2, TrainingJobName="run-0-0-0")
    timeline = Timeline()
    timeline.take(history.events)
    return timeline


def test_lines_of_this_run_come_in_time_order(access, execution, timeline):
    access.write(TRAINING_GROUP, "run-0-0-0/algo-1-1", 3.0, "epoch 0\n")
    access.write(TRAINING_GROUP, "run-0-0-0/algo-2-1", 2.5, "loading")
    access.write(TRAINING_GROUP, "run-0-0-00/algo-1-1", 3.0, "another job")
    access.write(FUNCTION_GROUP, "a", 1.0, f"second {execution.run_id}")
    access.write(FUNCTION_GROUP, "b", 0.5, f"first {execution.run_id}")
    access.write(FUNCTION_GROUP, "b", 0.6, "of another run")
    later = {"run_id": "another", "message": "evaluated", "accepted_run_id": execution.run_id}
    access.write(FUNCTION_GROUP, "b", 0.7, json.dumps(later))

    lines = RunLogs(execution).new_lines(timeline)

    assert [(line.step, line.job, line.message) for line in lines] == [
        ("Preprocess", None, f"first {execution.run_id}"),
        ("Preprocess", None, f"second {execution.run_id}"),
        ("TrainModel", "run-0-0-0", "loading"),
        ("TrainModel", "run-0-0-0", "epoch 0"),
    ]
    assert (lines[1].time - START).total_seconds() == 1.0


def test_one_step_is_read_alone(access, execution, timeline):
    access.write(FUNCTION_GROUP, "a", 1.0, execution.run_id)
    access.write(TRAINING_GROUP, "run-0-0-0/algo-1-1", 3.0, "epoch 0")

    lines = RunLogs(execution, "TrainModel").new_lines(timeline)

    assert [line.step for line in lines] == ["TrainModel"]
    assert {request["logGroupName"] for request in access.requests} == {TRAINING_GROUP}


def test_nothing_logged_yet_is_no_error(execution, timeline):
    assert RunLogs(execution).new_lines(timeline) == []


def test_new_lines_are_told_once_also_when_they_come_late(access, execution, timeline):
    run_logs = RunLogs(execution)
    access.write(TRAINING_GROUP, "run-0-0-0/algo-1-1", 5.0, "b")
    assert [line.message for line in run_logs.new_lines(timeline)] == ["b"]

    access.write(TRAINING_GROUP, "run-0-0-0/algo-1-1", 4.0, "a")
    access.write(TRAINING_GROUP, "run-0-0-0/algo-1-1", 300.0, "c")

    assert [line.message for line in run_logs.new_lines(timeline)] == ["a", "c"]
    assert run_logs.new_lines(timeline) == []
    assert access.requests[-1]["startTime"] == START_MS + 240_000  # not all of it again


def test_log_is_read_twice_more_after_the_end_of_its_state(access, execution, timeline, history):
    run_logs = RunLogs(execution, "TrainModel")
    access.write(TRAINING_GROUP, "run-0-0-0/algo-1-1", 3.0, "a")
    run_logs.new_lines(timeline)
    timeline.take(history.exit("TrainModel", seconds=4).events)

    run_logs.new_lines(timeline)
    assert run_logs.may_come_more
    access.write(TRAINING_GROUP, "run-0-0-0/algo-1-1", 3.9, "the last")
    assert [line.message for line in run_logs.new_lines(timeline)] == ["the last"]
    assert not run_logs.may_come_more
    asked = len(access.requests)
    assert run_logs.new_lines(timeline) == []
    assert len(access.requests) == asked


def test_trials_of_a_tuning_job_are_read_a_hundred_streams_at_a_time(access, execution, history):
    history.enter("TuneModel", seconds=0)
    history.schedule(seconds=0, HyperParameterTuningJobName="run-0-0-0")
    timeline = Timeline()
    timeline.take(history.events)
    for number in range(250):
        stream = f"run-0-0-0-{number:03d}-abc/algo-1-1"
        access.write(TRAINING_GROUP, stream, number, "line")

    lines = RunLogs(execution).new_lines(timeline)

    assert [line.job for line in lines] == [f"run-0-0-0-{number:03d}-abc" for number in range(250)]


def test_training_and_transform_of_one_name_have_a_log_each(access, execution, history):
    history.enter("TrainModel", seconds=0).schedule(seconds=0, TrainingJobName="run-0-0-0")
    history.exit("TrainModel", seconds=1)
    history.enter("TransformTestSet", seconds=2).schedule(seconds=2, TransformJobName="run-0-0-0")
    timeline = Timeline()
    timeline.take(history.events)
    access.write(TRAINING_GROUP, "run-0-0-0/algo-1-1", 1.0, "training")
    access.write("/aws/sagemaker/TransformJobs", "run-0-0-0/algo-1-1", 3.0, "transform")

    lines = RunLogs(execution).new_lines(timeline)

    assert [(line.step, line.message) for line in lines] == [
        ("TrainModel", "training"),
        ("TransformTestSet", "transform"),
    ]


def test_refusal_is_a_problem_of_the_environment(access, execution, timeline, monkeypatch):
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "Filter")

    monkeypatch.setattr(access, "paginate", refuse)
    with pytest.raises(EnvironmentProblemError, match=r"train-1: .*not you"):
        RunLogs(execution).new_lines(timeline)


def line(message: str, job: str | None = None) -> LogLine:
    return LogLine(START, "Step", job, "stream", message)


def test_functions_line_is_its_message_and_fields():
    known = {"timestamp": "t", "level": "ERROR", "logger": "l", "run_id": "r"}
    more = {"kept": 0, "uri": "s3://b", "exception": "Traceback\n  E"}
    message = {**known, "message": "no \x1b[31mrows", **more}

    assert as_text(line(json.dumps(message)), "r") == [
        "2026-11-22 06:31:56.000 Step: ERROR no \\x1b[31mrows kept=0 uri=s3://b",
        "    Traceback",
        "      E",
    ]


def test_jobs_line_is_as_it_is_and_names_the_job_without_the_run():
    (text,) = as_text(line('{"message": "raw"}', "r-0-0-1"), "r")

    assert text == '2026-11-22 06:31:56.000 Step 0-0-1: {"message": "raw"}'
    assert as_text(line("[1, not json"), "r") == ["2026-11-22 06:31:56.000 Step: [1, not json"]


def test_lines_of_metrics_are_known():
    assert is_metrics_only(line('{"_aws": {}, "Rmse": 1}'))
    assert not is_metrics_only(line('{"message": "_aws"}'))


def test_document_has_the_whole_line():
    assert as_document(line("m", "j")) == {
        "time": "2026-11-22T06:31:56.000+00:00",
        "step": "Step",
        "job": "j",
        "stream": "stream",
        "message": "m",
    }


@pytest.mark.parametrize(
    ("step", "problem"),
    [("Choose", "it has no log of its own"), ("Trian", "there is no such state"),
     ("Create", "it has no log of its own")],
)  # fmt: skip
def test_step_without_a_log_is_refused_with_those_that_have_one(execution, access, step, problem):
    states = {
        "Preprocess": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"},
        "TrainModel": {"Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync"},
        "Create": {"Resource": "arn:aws:states:::sagemaker:createModel"},
        "Choose": {"Type": "Choice"},
    }
    access.describe_state_machine_for_execution = lambda **_: {
        "definition": json.dumps({"States": states})
    }

    with pytest.raises(BadInputError) as raised:
        check_step(execution, step)

    assert str(raised.value) == (
        f"--step {step}: {problem}; expected one of Preprocess, TrainModel"
    )
    check_step(execution, "TrainModel")
