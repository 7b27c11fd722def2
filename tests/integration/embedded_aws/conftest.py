"""One embedded AWS for the tests of a module, and small things to put into it."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws

ROLE_ARN = "arn:aws:iam::123456789012:role/test"


def make_role(aws: EmbeddedAws) -> None:
    """Make the role of all tests' state machines, functions, jobs and schedules: it may do all."""
    services = ["glue", "lambda", "sagemaker", "scheduler", "states"]
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": [f"{name}.amazonaws.com" for name in services]},
        "Action": "sts:AssumeRole",
    }
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    name = ROLE_ARN.rpartition("/")[2]
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    aws.client("iam").put_role_policy(
        RoleName=name, PolicyName="everything", PolicyDocument=_policy(everything)
    )


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        make_role(embedded)
        yield embedded


@dataclass
class Machines:
    """Creates state machines and runs them to their end."""

    aws: EmbeddedAws

    def create(self, definition: dict[str, Any]) -> str:
        created = self.aws.client("stepfunctions").create_state_machine(
            name=f"machine-{uuid.uuid4()}",
            definition=json.dumps(definition),
            roleArn=ROLE_ARN,
        )
        return str(created["stateMachineArn"])

    def start(self, definition: dict[str, Any], execution_input: Any = None) -> str:
        started = self.aws.client("stepfunctions").start_execution(
            stateMachineArn=self.create(definition), input=json.dumps(execution_input or {})
        )
        return str(started["executionArn"])

    def run(self, definition: dict[str, Any], execution_input: Any = None) -> dict[str, Any]:
        return self.wait(self.start(definition, execution_input))

    def wait(self, execution_arn: str) -> dict[str, Any]:
        for _ in range(3000):
            execution: dict[str, Any] = self.aws.client("stepfunctions").describe_execution(
                executionArn=execution_arn
            )
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.02)
        raise AssertionError(f"{execution_arn} did not end in 60 s")

    def output(self, definition: dict[str, Any], execution_input: Any = None) -> Any:
        execution = self.run(definition, execution_input)
        assert execution["status"] == "SUCCEEDED", execution
        return json.loads(execution["output"])


def wait_for_event(
    aws: EmbeddedAws, execution_arn: str, event_type: str, *, seconds: float
) -> None:
    """Wait until an execution's history has an event of a type."""
    stepfunctions = aws.client("stepfunctions")
    for _ in range(round(seconds / 0.01)):
        history = stepfunctions.get_execution_history(executionArn=execution_arn)
        if any(event["type"] == event_type for event in history["events"]):
            return
        time.sleep(0.01)
    raise AssertionError(f"{execution_arn} had no {event_type} in {seconds:g} s")


@pytest.fixture
def machines(aws: EmbeddedAws) -> Machines:
    return Machines(aws)


@pytest.fixture
def create_function(aws: EmbeddedAws) -> Callable[..., str]:
    def create(name: str, source: str, **settings: Any) -> str:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("handler.py", source)
        function = aws.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="handler.handle",
            Role=ROLE_ARN,
            Code={"ZipFile": buffer.getvalue()},
            **settings,
        )
        return str(function["FunctionArn"])

    return create


def task(resource: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a state machine of one task."""
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **more}
    return {"StartAt": "Task", "States": {"Task": state}}
