"""Canary of ``embedded_aws.fixes.task_error_names``, and of the role in ``task_clients``."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from embedded_aws.fixes.task_error_names import client_name
from embedded_aws.iam.role_sessions import STEP_FUNCTIONS
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import Machines, task

JOB = {"TrainingJobName": "j"}
PUBLISHING = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "m"}
EXECUTION = {"ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:m:e"}


def run_as_powerless_role(
    aws: EmbeddedAws, definition: dict[str, Any], *, trusted: str = STEP_FUNCTIONS
) -> dict[str, Any]:
    name = f"powerless-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
    arn = aws.client("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    client = aws.client("stepfunctions")
    machine = client.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=arn
    )["stateMachineArn"]
    started = client.start_execution(stateMachineArn=machine, input="{}")
    return Machines(aws).wait(started["executionArn"])


@pytest.mark.parametrize(
    ("integration", "parameters", "error", "action"),
    [
        ("lambda:invoke", {"FunctionName": "f"}, "Lambda.AWSLambdaException",
         "lambda:InvokeFunction"),
        ("sns:publish", PUBLISHING, "SNS.AuthorizationErrorException", "SNS:Publish"),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"}, "S3.S3Exception", "s3:GetObject"),
        ("aws-sdk:sagemaker:describeTrainingJob", JOB, "SageMaker.SageMakerException",
         "sagemaker:DescribeTrainingJob"),
        ("aws-sdk:sfn:describeExecution", EXECUTION, "Sfn.SfnException",
         "states:DescribeExecution"),
    ],
)  # fmt: skip
def test_missing_permission_is_named_as_step_functions_names_it(
    aws: EmbeddedAws, integration: str, parameters: dict[str, Any], error: str, action: str
) -> None:
    execution = run_as_powerless_role(aws, task(f"arn:aws:states:::{integration}", parameters))

    assert execution["status"] == "FAILED"
    assert execution["error"] == error
    assert f"is not authorized to perform: {action} on resource: " in execution["cause"]
    assert f"because no identity-based policy allows the {action} action" in execution["cause"]


def test_role_that_does_not_trust_step_functions_cannot_act(aws: EmbeddedAws) -> None:
    definition = task("arn:aws:states:::lambda:invoke", {"FunctionName": "f"})

    execution = run_as_powerless_role(aws, definition, trusted="lambda.amazonaws.com")

    assert execution["error"] == "Lambda.AWSLambdaException"
    assert "does not let states.amazonaws.com assume the role" in execution["cause"]


@pytest.mark.parametrize(
    ("service_id", "name"),
    [("S3", "S3"), ("SFN", "Sfn"), ("DynamoDB", "DynamoDb"), ("SageMaker", "SageMaker"),
     ("CloudWatch Logs", "CloudWatchLogs")],
)  # fmt: skip
def test_clients_are_named_as_in_the_java_sdk(service_id: str, name: str) -> None:
    assert client_name(service_id) == name
