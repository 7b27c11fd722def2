"""Which execution a person means."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from console import execution_reference
from console.aws_access import AwsAccess
from console.aws_options import AwsOptions
from console.embedded_stack import DeployedStack
from console.errors import BadInputError, EnvironmentProblemError
from console.execution_reference import find_execution
from lambdas.resolve_run.resolution import make_run_id
from tests.unit.console.conftest import EXECUTION_ARN, START

MACHINE = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:Machine"


class Access:
    """Step Functions, which describes whatever it is asked for."""

    region = "eu-west-1"
    endpoint_url = None

    def __init__(self) -> None:
        self.executions = ["arn:newest", "arn:older"]
        self.asked: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.record: dict[str, Any] | None = None

    def client(self, _service: str) -> Any:
        return self

    def describe_execution(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        arn = request["executionArn"]
        return {"executionArn": arn, "name": arn.rpartition(":")[2], "startDate": START,
                "status": "RUNNING"}  # fmt: skip

    def get_object(self, **request: Any) -> dict[str, Any]:
        if self.record is None:
            error = {"Error": {"Code": "NoSuchKey", "Message": ""}}
            raise ClientError(error, "GetObject")
        assert request == {"Bucket": "bucket", "Key": "models/accepted.json"}
        return {"Body": io.BytesIO(json.dumps(self.record).encode())}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_executions"
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        assert request == {"stateMachineArn": MACHINE}
        return [
            {"executions": [{"executionArn": arn, "startDate": START}]} for arn in self.executions
        ]

    def list_executions(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        found = [{"executionArn": arn} for arn in self.executions]
        return {"executions": found[: request["maxResults"]], "nextToken": "more"}


@pytest.fixture
def access(monkeypatch: pytest.MonkeyPatch) -> Access:
    access = Access()
    regions: list[str | None] = []

    def from_environment(region: str | None = None, **_: Any) -> Access:
        regions.append(region)
        return access

    def find_stack(_access: Access, name: str) -> DeployedStack:
        assert name == "Stack"
        return DeployedStack(access, "bucket", MACHINE)  # type: ignore[arg-type]

    monkeypatch.setattr(AwsAccess, "from_environment", from_environment)
    monkeypatch.setattr(execution_reference, "find_stack", find_stack)
    access.regions = regions  # type: ignore[attr-defined]
    return access


def test_arn_says_its_region_and_needs_no_stack(access):
    found = find_execution(EXECUTION_ARN, "no stack of this name", AwsOptions(region="us-east-1"))

    assert (found.arn, found.name) == (EXECUTION_ARN, "train-1")
    assert access.regions == ["eu-west-1"]


def test_name_is_one_of_the_stacks_state_machine(access):
    found = find_execution("train-2", "Stack", AwsOptions(region="cn-north-1"))

    assert found.arn == "arn:aws-cn:states:cn-north-1:123456789012:execution:Machine:train-2"
    assert access.regions == ["cn-north-1"]


def test_latest_is_the_first_of_the_list(access):
    assert find_execution("latest", "Stack", AwsOptions()).arn == "arn:newest"
    assert access.asked[0] == {"stateMachineArn": MACHINE, "maxResults": 1}


def test_no_latest_without_executions(access):
    access.executions = []

    with pytest.raises(BadInputError, match="no execution yet; `recommender start`"):
        find_execution("latest", "Stack", AwsOptions())


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "InvalidArn"])
def test_unknown_execution_is_bad_input(access, code):
    access.error = ClientError({"Error": {"Code": code, "Message": "m"}}, "DescribeExecution")

    with pytest.raises(BadInputError, match="train-9: there is no such execution"):
        find_execution("train-9", "Stack", AwsOptions())


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "http://x"}}, "O"),
        EndpointConnectionError(endpoint_url="http://x"),
    ],
)
def test_refusal_is_a_problem_of_the_environment(access, error):
    access.error = error

    with pytest.raises(EnvironmentProblemError, match="http://x"):
        find_execution("train-9", "Stack", AwsOptions())


def test_accepted_is_the_execution_of_the_run_whose_model_is_in_use(access):
    access.record = {"run_id": make_run_id("arn:older", START), "metrics": {"rmse": 0.9}}

    assert find_execution("accepted", "Stack", AwsOptions()).arn == "arn:older"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "s3://bucket/models/accepted.json: no model is in use yet"),
        ({"run_id": "long-ago", "metrics": {"rmse": 0.9}}, "run long-ago, of which there is no"),
    ],
)
def test_no_accepted_without_model_or_execution(access, record, message):
    access.record = record

    with pytest.raises(BadInputError, match=message):
        find_execution("accepted", "Stack", AwsOptions())
