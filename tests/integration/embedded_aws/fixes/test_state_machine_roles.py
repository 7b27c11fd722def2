"""Canary of ``embedded_aws.fixes.state_machine_roles``."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN, task

WAITING = task("arn:aws:states:::sagemaker:createTrainingJob.sync", {"TrainingJobName": "j"})
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
LOGGING = {
    "level": "ALL",
    "destinations": [
        {
            "cloudWatchLogsLogGroup": {
                "logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"
            }
        }
    ],
}


@pytest.fixture
def powerless(aws: EmbeddedAws) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    created = aws.client("iam").create_role(
        RoleName=f"powerless-{uuid.uuid4().hex[:8]}",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    return str(created["Role"]["Arn"])


def create(aws: EmbeddedAws, definition: dict[str, Any], role_arn: str, **more: Any) -> str:
    created = aws.client("stepfunctions").create_state_machine(
        name=f"machine-{uuid.uuid4()}", definition=json.dumps(definition), roleArn=role_arn, **more
    )
    return str(created["stateMachineArn"])


def test_state_machine_whose_role_may_not_make_rules_or_logs_is_refused(
    aws: EmbeddedAws, powerless: str
) -> None:
    machines = aws.client("stepfunctions").list_state_machines
    before = len(machines()["stateMachines"])

    with pytest.raises(ClientError, match=r"AccessDeniedException.*create managed-rule"):
        create(aws, WAITING, powerless)
    with pytest.raises(ClientError, match="not authorized to access the Log Destination"):
        create(aws, PASS, powerless, loggingConfiguration=LOGGING)
    with pytest.raises(ClientError, match=r"Neither the global service principal states\.amazon"):
        create(aws, WAITING, "arn:aws:iam::123456789012:role/nobody")

    assert len(machines()["stateMachines"]) == before
    assert create(aws, PASS, powerless)
    assert create(aws, WAITING, ROLE_ARN, loggingConfiguration=LOGGING)


def test_refused_update_changes_nothing(aws: EmbeddedAws, powerless: str) -> None:
    client = aws.client("stepfunctions")
    arn = create(aws, PASS, powerless)

    with pytest.raises(ClientError, match="managed-rule"):
        client.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAITING))

    described = client.describe_state_machine(stateMachineArn=arn)
    assert json.loads(described["definition"]) == PASS
