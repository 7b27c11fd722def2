"""An execution in detail."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.columns import columns, duration, shortened
from console.execution_details import detail_lines, details
from console.execution_reference import Execution
from tests.unit.console.conftest import EXECUTION_ARN, START


class Access:
    """A run whose second training failed; the first was never created."""

    is_local = True

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self._events = events
        self.described = {
            "executionArn": EXECUTION_ARN,
            "name": "train-1",
            "startDate": START,
            "stopDate": START.replace(minute=55),
            "status": "FAILED",
            "error": "JobFailed",
            "cause": "TrainModel failed",
            "redriveCount": 1,
            "input": '{"dataset": {"uri": "s3://\\u001b[2J/"}}',
        }

    def client(self, _service: str) -> Any:
        return self

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": self._events}

    def describe_execution(self, **_: Any) -> dict[str, Any]:
        return self.described

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:
        if TrainingJobName == "run-0-0-0":
            raise ClientError({"Error": {"Code": "ValidationException"}}, "DescribeTrainingJob")
        return {"TrainingJobStatus": "Failed"}


@pytest.fixture
def execution(history) -> Execution:
    history.enter("Choose", seconds=0, kind="Choice").exit("Choose", seconds=0, kind="Choice")
    history.enter("TrainModel", seconds=1).schedule(seconds=1, TrainingJobName="run-0-0-0")
    history.fail(seconds=2, error="Throttled", cause="c")
    history.schedule(seconds=3, TrainingJobName="run-0-0-1")
    history.fail(seconds=4, error="JobFailed", cause="c")
    blame = {"step": "TrainModel", "error": "JobFailed", "reason": "no rows", "advice": "add rows"}
    history.exit("TrainModel", seconds=4, failure=blame)
    history.add(
        "ExecutionFailed", seconds=5, details="executionFailedEventDetails", error="JobFailed"
    )
    access = Access(history.events)
    return Execution(access, access.described)  # type: ignore[arg-type]


def test_details_have_states_jobs_failure_and_input(execution):
    document = details(execution)

    training = document["states"][1]
    assert (training["name"], training["status"], training["attempts"], training["seconds"]) == (
        "TrainModel", "FAILED", 2, 3.0
    )  # fmt: skip
    assert training["jobs"] == [
        {"kind": "TrainingJob", "name": "run-0-0-0", "status": None},
        {"kind": "TrainingJob", "name": "run-0-0-1", "status": "Failed"},
    ]
    assert document["error"]["step"] == "TrainModel"
    assert document["error"]["what_to_do"] == "add rows"
    assert document["input"]["dataset"]["uri"] == "s3://\x1b[2J/"
    assert document["output"] is None
    assert document["seconds"] == 24 * 60
    assert json.loads(json.dumps(document)) == document


def test_lines_say_the_same_and_obey_nobody(execution):
    text = "\n".join(detail_lines(details(execution), None))

    assert text.startswith("train-1: failed, redriven once\nrun 20261122t063156-")
    assert "started 2026-11-22 06:31:56 UTC, duration 24:00" in text
    state, *jobs = (
        row.split() for row in text.splitlines() if row.startswith("TrainModel") or "run-0-0" in row
    )
    assert state == ["TrainModel", "failed", "06:31:57", "3.0", "s", "2"]
    assert jobs == [
        ["TrainingJob", "run-0-0-0", "(unknown)"],
        ["TrainingJob", "run-0-0-1", "(Failed)"],
    ]
    assert "the run failed in TrainModel: no rows (JobFailed)\nWhat to do: add rows" in text
    assert '\nInput:\n{\n  "dataset": {' in text
    assert "Output" not in text
    assert "\x1b" not in text


def test_output_of_a_run_that_succeeded_is_shown(execution):
    execution.described.update(status="SUCCEEDED", output='{"outcome": "rejected"}', input="3")

    document = details(execution)

    assert document["outcome"] == "rejected"
    text = "\n".join(detail_lines(document, None))
    assert text.startswith("train-1: rejected, redriven once")
    assert text.endswith('Input:\n3\n\nOutput:\n{\n  "outcome": "rejected"\n}')


def test_lines_fit_the_terminal(execution):
    lines = detail_lines({**details(execution), "failure_text": "why " * 40}, 80)

    assert [line for line in lines if len(line) > 80 and not line.startswith("arn:")] == []
    assert " ".join(lines).count("why") == 40


def test_first_cell_that_does_not_fit_has_a_line_of_its_own():
    rows = [("NAME", "A"), ("short", "1"), ("n" * 12, "2")]

    assert columns(rows, 10) == ["NAME   A", "short  1", "n" * 12, "       2"]
    assert columns(rows, 15) == columns(rows)


@pytest.mark.parametrize(
    ("text", "shown"), [("abcdefgh", "abcdefgh"), ("abcdefghi", "abcd…ghi"), ("a" * 99, "aaaa…aaa")]
)
def test_middle_of_a_long_text_is_left_out(text, shown):
    assert shortened(text, 8) == shown


def test_columns_stand_one_below_the_other_and_obey_nobody():
    assert columns([("A", "B"), ("long\x1b", "x"), ("", "y")]) == [
        "A         B",
        "long\\x1b  x",
        "          y",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.0, "0.0 s"), (59.94, "59.9 s"), (725.4, "12:05"), (7380, "2:03:00")],
)
def test_duration(seconds, text):
    assert duration(seconds) == text
