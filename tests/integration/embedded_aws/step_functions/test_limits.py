"""Payloads, variables and histories have AWS's sizes, and States.ALL does not hide it."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from embedded_aws.step_functions import limits
from embedded_aws.step_functions.error_names import matches
from tests.integration.embedded_aws.conftest import Machines, task

State = dict[str, Any]
CATCH_ALL = [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Caught"}]
ECHO = "def handle(event, context):\n    return 'x' * event['length']\n"


def text_of(size: int) -> str:
    """Give a text whose JSON has this size; its letters have two bytes each in UTF-8."""
    return "é" * ((size - 2) // 2) + "x" * (size % 2)


def one(state: State) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state, "Caught": {"Type": "Succeed"}}}


def run(machines: Machines, definition: dict[str, Any], execution_input: Any) -> dict[str, Any]:
    """Run with an input that is not escaped, so that it has the size it is meant to have."""
    started = machines.aws.client("stepfunctions").start_execution(
        stateMachineArn=machines.create(definition),
        input=json.dumps(execution_input, ensure_ascii=False, separators=(",", ":")),
    )
    return machines.wait(started["executionArn"])


@pytest.fixture
def echo(create_function: Callable[..., str]) -> str:
    return create_function(f"echo-{uuid.uuid4()}", ECHO, Timeout=60)


@pytest.mark.parametrize(("surplus", "status"), [(0, "SUCCEEDED"), (1, "FAILED")])
def test_output_of_a_state_is_limited(machines: Machines, surplus: int, status: str) -> None:
    half = text_of(limits.MAX_PAYLOAD_BYTES // 2)
    rest = limits.MAX_PAYLOAD_BYTES + surplus - limits.payload_bytes({"a": half, "b": ""})
    parts = {"a": half, "b": "x" * rest}
    state = {
        "Type": "Pass",
        "Parameters": {"b": parts["b"], "a.$": "$.a"},
        "End": True,
    }

    execution = run(machines, one(state), {"a": parts["a"]})

    assert limits.payload_bytes(parts) == limits.MAX_PAYLOAD_BYTES + surplus
    assert execution["status"] == status
    if surplus:
        assert execution["error"] == "States.DataLimitExceeded"


# The answer around the function's payload counts, too.
@pytest.mark.parametrize(("surplus", "status"), [(-200, "SUCCEEDED"), (1, "FAILED")])
def test_result_of_a_task_is_limited_and_not_caught_by_all(
    machines: Machines, echo: str, surplus: int, status: str
) -> None:
    length = limits.MAX_PAYLOAD_BYTES - 2 + surplus
    state = {
        "Type": "Task",
        "Resource": echo,
        "Parameters": {"length": length},
        "Catch": CATCH_ALL,
        "End": True,
    }

    execution = machines.run(one(state))

    assert execution["status"] == status, execution
    if surplus > 0:
        assert execution["error"] == "States.DataLimitExceeded"


def test_parameters_of_a_task_are_limited(aws: EmbeddedAws, machines: Machines) -> None:
    half = text_of(limits.MAX_PAYLOAD_BYTES // 2)
    parameters = {"Bucket": "b", "Key": "k", "Body.$": "States.Format('{}{}{}', $.a, $.a, $.a)"}
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
        "Parameters": parameters,
        "Catch": CATCH_ALL,
        "End": True,
    }

    execution = run(machines, one(state), {"a": half})

    assert execution["error"] == "States.DataLimitExceeded"
    history = aws.client("stepfunctions").get_execution_history(
        executionArn=execution["executionArn"]
    )
    assert "TaskScheduled" not in {event["type"] for event in history["events"]}


def test_data_limit_can_be_caught_by_its_name(machines: Machines, echo: str) -> None:
    catch = [{**CATCH_ALL[0], "ErrorEquals": ["States.DataLimitExceeded"]}]
    parameters = {"length": limits.MAX_PAYLOAD_BYTES}
    definition = one(task(echo, parameters, Catch=catch)["States"]["Task"])

    assert machines.run(definition)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * (limits.MAX_PAYLOAD_BYTES - 2), None),
        ("x" * (limits.MAX_PAYLOAD_BYTES - 1), "ValidationException"),
        ("é" * (limits.MAX_PAYLOAD_BYTES // 2), "InvalidExecutionInput"),
        (None, "InvalidExecutionInput"),
    ],
    ids=["largest", "too many characters", "too many bytes", "no JSON"],
)
def test_input_of_an_execution_is_limited(
    aws: EmbeddedAws, machines: Machines, text: str | None, code: str | None
) -> None:
    machine = machines.create(one({"Type": "Pass", "Parameters": {}, "End": True}))
    body = "{" if text is None else json.dumps(text, ensure_ascii=False)
    start = aws.client("stepfunctions").start_execution

    if code is None:
        arn = start(stateMachineArn=machine, input=body)["executionArn"]
        assert machines.wait(arn)["status"] == "SUCCEEDED"
    else:
        with pytest.raises(ClientError) as caught:
            start(stateMachineArn=machine, input=body)
        assert caught.value.response["Error"]["Code"] == code
        assert not aws.client("stepfunctions").list_executions(stateMachineArn=machine)[
            "executions"
        ]


def test_variables_are_limited(machines: Machines) -> None:
    text = text_of(limits.MAX_VARIABLE_BYTES // 2)
    fits = {"Type": "Pass", "Assign": {"a.$": "$", "b": 1}, "End": True}
    too_much = {**fits, "Assign": {"a.$": "$", "b.$": "$", "c": 1}}

    assert run(machines, one(fits), text)["status"] == "SUCCEEDED"
    execution = run(machines, one(too_much), text)
    assert execution["error"] == "States.DataLimitExceeded"
    assert "One Assign sets" in execution["cause"]


def test_every_limit_of_variables_is_named() -> None:
    large = "x" * (limits.MAX_VARIABLE_BYTES - 2)
    full = {f"v{index}": large for index in range(40)}

    assert limits.variables_problem({"v0": large}, full) is None
    assert "All variables" in (limits.variables_problem({"w": 1}, full) or "")
    assert "'w' has" in (limits.variables_problem({"w": large + "x"}, {}) or "")


LOOP = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [], "Default": "A"},
    },
}


def test_full_history_fails_the_execution(
    aws: EmbeddedAws, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_HISTORY_EVENTS", 20)
    definition = json.loads(json.dumps(LOOP))
    rule = {"Variable": "$.never", "IsPresent": True, "Next": "A"}
    definition["States"]["B"]["Choices"] = [rule]

    execution = machines.run(definition)

    history = aws.client("stepfunctions").get_execution_history(
        executionArn=execution["executionArn"]
    )
    assert execution["status"] == "FAILED"
    assert execution["error"] == "States.Runtime"
    assert execution["cause"] == (
        "The execution reached the maximum number of history events (20)."
    )
    assert len(history["events"]) == 20
    assert history["events"][-1]["type"] == "ExecutionFailed"
    assert [event["id"] for event in history["events"]] == list(range(1, 21))


def test_full_history_is_no_error_that_a_task_could_catch_or_retry(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_HISTORY_EVENTS", 5)
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]
    resource = "arn:aws:states:::aws-sdk:s3:listBuckets"
    definition = one(task(resource, {}, Retry=retry, Catch=CATCH_ALL)["States"]["Task"])

    assert machines.run(definition)["error"] == "States.Runtime"


def test_history_has_room_for_a_last_success(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_HISTORY_EVENTS", 4)  # started, entered, exited, succeeded

    assert machines.run(one({"Type": "Pass", "End": True}))["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("listed", "error", "taken"),
    [
        ("States.ALL", "DataQualityError", True),
        ("States.ALL", None, True),
        ("States.ALL", "States.Timeout", True),
        ("States.ALL", "States.TaskFailed", True),
        ("States.ALL", "States.DataLimitExceeded", False),
        ("States.ALL", "States.Runtime", False),
        ("States.Runtime", "States.Runtime", False),
        ("States.TaskFailed", "States.TaskFailed", True),
        ("States.TaskFailed", "SageMaker.ResourceInUseException", True),
        ("States.TaskFailed", "States.Timeout", False),
        ("States.TaskFailed", "States.DataLimitExceeded", False),
        ("States.DataLimitExceeded", "States.DataLimitExceeded", True),
        ("Other", "DataQualityError", False),
    ],
)
def test_errors_are_taken_by_the_documented_names(
    listed: str, error: str | None, taken: bool
) -> None:
    assert matches([listed], error) is taken
