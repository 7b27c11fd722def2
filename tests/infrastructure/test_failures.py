"""Every kind of failure ends in a cause that people can read; run by the embedded interpreter."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN

NOBODY = "arn:aws:sns:us-east-1:123456789012:nobody"
Fail = Callable[[dict[str, Any]], tuple[str, str]]


@pytest.fixture
def fail(aws: EmbeddedAws, definition: dict[str, Any]) -> Fail:
    """Give an error output to the workflow's own failure states; returns (error, first line)."""
    client = aws.client("stepfunctions")
    states = definition["States"]
    caught = {"failed_step": "TrainModel", "failed_step_links": "Log: somewhere"}
    states["TellOfFailure"]["Parameters"]["TopicArn"] = NOBODY
    failed = {"Type": "Pass", "Assign": caught, "Next": "ReadFailure"}
    text = json.dumps({"StartAt": "Failed", "States": {"Failed": failed, **states}}).replace(
        "${AWS::Partition}", "aws"
    )
    machine = client.create_state_machine(
        name=f"failure-{time.monotonic_ns()}",
        definition=re.sub(r"\$\{([^}]*)\}", r"\1", text),
        roleArn=ROLE_ARN,
    )["stateMachineArn"]

    def run(error_output: dict[str, Any]) -> tuple[str, str]:
        arn = client.start_execution(stateMachineArn=machine, input=json.dumps(error_output))
        for _ in range(500):
            execution = client.describe_execution(executionArn=arn["executionArn"])
            if execution["status"] != "RUNNING":
                assert execution["status"] == "FAILED"
                cause, what_to_do, where_to_look = execution["cause"].split("\n", 2)
                assert what_to_do.startswith("What to do: ")
                assert where_to_look
                return execution["error"], cause
            time.sleep(0.02)
        raise AssertionError("the execution did not end in 10 s")

    return run


def test_failed_job_gives_its_failure_reason(fail: Fail) -> None:
    described = {
        "TrainingJobName": "20261122t063156-1a2b3c-0-0",
        "FailureReason": "ClientError: the channel 'train' {is} empty",
        "TrainingJobStatus": "Failed",
    }

    assert fail({"Error": "States.TaskFailed", "Cause": json.dumps(described)}) == (
        "JobFailed",
        "TrainModel failed: ClientError: the channel 'train' {is} empty",
    )


def test_failed_function_gives_its_message(fail: Fail) -> None:
    cause = {"errorMessage": "raw/x: no such object", "errorType": "RatingsNotFoundError"}

    assert fail({"Error": "RatingsNotFoundError", "Cause": json.dumps(cause)}) == (
        "RatingsNotFoundError",
        "TrainModel failed: raw/x: no such object",
    )


@pytest.mark.parametrize(
    "cause",
    [
        "No instances left (Service: AmazonSageMaker; Status Code: 400)",
        '{"FailureReason": cut off',
        '{"nested": {"FailureReason": "not where it is looked for"}}',
        "",
    ],
)
def test_other_causes_stay_as_they_are(fail: Fail, cause: str) -> None:
    assert fail({"Error": "SageMaker.ResourceLimitExceededException", "Cause": cause}) == (
        "SageMaker.ResourceLimitExceededException",
        f"TrainModel failed: {cause}",
    )


def test_function_that_lambda_ended_is_named_too(fail: Fail) -> None:
    cause = {"errorMessage": "2026-11-22T06:31:56Z Task timed out after 900.00 seconds"}

    error, text = fail({"Error": "States.TaskFailed", "Cause": json.dumps(cause)})

    assert error == "StepFailed"
    assert "timed out after 900.00 seconds" in text


def test_time_out_is_put_into_words(fail: Fail) -> None:
    assert fail({"Error": "States.Timeout"}) == (
        "StepTimedOut",
        "TrainModel failed: it ran longer than its time limit",
    )


def test_missing_cause_is_said(fail: Fail) -> None:
    assert fail({"Error": "States.Permissions"}) == (
        "StepFailed",
        "TrainModel failed: no cause was given (States.Permissions)",
    )
