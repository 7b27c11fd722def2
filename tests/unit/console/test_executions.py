"""Finding the pipeline, starting and stopping executions."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from console.embedded_stack import DeployedStack
from console.errors import BadInputError, EnvironmentProblemError
from console.executions import find_stack, make_name, start_execution, stop_execution

MACHINE = "arn:aws:states:eu-west-1:1:stateMachine:M"


class Access:
    """Clients that answer with a result or an error."""

    endpoint_url = None
    region = "eu-west-1"

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.requests: list[dict[str, Any]] = []

    def client(self, _service: str) -> Any:
        return self

    def _reply(self, **request: Any) -> Any:
        self.requests.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    start_execution = stop_execution = describe_stacks = _reply


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


def test_execution_gets_a_name_that_people_recognise():
    access = Access({"executionArn": "arn"})

    assert start_execution(DeployedStack(access, "bucket", MACHINE), {"mode": "tune"}) == "arn"

    (request,) = access.requests
    assert request["stateMachineArn"] == MACHINE
    assert json.loads(request["input"]) == {"mode": "tune"}
    assert re.fullmatch(r"tune-\d{8}-\d{6}-[0-9a-f]{4}", request["name"])
    assert make_name({}).startswith("train-")


def test_refused_start_names_the_state_machine():
    stack = DeployedStack(Access(refusal("ExecutionAlreadyExists")), "bucket", MACHINE)

    with pytest.raises(EnvironmentProblemError, match="ExecutionAlreadyExists") as raised:
        start_execution(stack, {}, name="taken")

    assert MACHINE in str(raised.value)


def test_stop_gives_the_reason_and_never_fails():
    access = Access({})
    stop_execution(access, "arn")
    assert access.requests[0]["error"] == "Interrupted"

    stop_execution(Access(EndpointConnectionError(endpoint_url="x")), "arn")


def test_pipeline_is_found_by_the_outputs_of_its_stack():
    outputs = {"DataBucketName": "bucket", "StateMachineArn": MACHINE, "Other": "x"}
    described = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    access = Access({"Stacks": [{"Outputs": described}]})

    stack = find_stack(access, "VideoRecommender")

    assert (stack.data_bucket, stack.state_machine_arn) == ("bucket", MACHINE)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (refusal("ValidationError"), "no stack 'Nope'"),
        (refusal("AccessDenied"), "AccessDenied"),
        (EndpointConnectionError(endpoint_url="http://x"), "http://x"),
        ({"Stacks": [{}]}, "DataBucketName, StateMachineArn, found none"),
    ],
)
def test_missing_stack_is_a_problem_of_the_environment(answer, message):
    with pytest.raises(EnvironmentProblemError, match=message):
        find_stack(Access(answer), "Nope")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a\\b", "x" * 81, "a\x7f", "a\n"])
def test_a_name_that_step_functions_refuses_is_not_sent(name):
    access = Access({"executionArn": "arn"})

    with pytest.raises(BadInputError, match="expected 1 to 80 characters"):
        start_execution(DeployedStack(access, "bucket", MACHINE), {}, name=name)

    assert access.requests == []


@pytest.mark.parametrize("name", ["a", "x" * 80, "Ümlaut-1_2.3(!)=+@'"])
def test_other_names_are(name):
    access = Access({"executionArn": "arn"})

    start_execution(DeployedStack(access, "bucket", MACHINE), {}, name=name)

    assert [request["name"] for request in access.requests] == [name]
