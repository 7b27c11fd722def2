"""A schedule starts what its role may start."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from embedded_aws.events.targets import invoke
from embedded_aws.iam.errors import RoleNotAssumableError
from embedded_aws.schedules.found_schedules import of_scheduler
from embedded_aws.schedules.invocation import Invocation, scheduler_session
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import Machines

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


@pytest.mark.parametrize("action", ["states:StartExecution", "states:StopExecution"])
def test_schedule_needs_to_be_allowed_to_start(
    aws: EmbeddedAws, machines: Machines, action: str
) -> None:
    iam, scheduler, machine = aws.client("iam"), aws.client("scheduler"), machines.create(PASS)
    name = f"schedule-{uuid.uuid4().hex[:8]}"
    group = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/default"
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceArn": group}},
    }
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )
    statement = {"Effect": "Allow", "Action": action, "Resource": machine}
    iam.put_role_policy(
        RoleName=name,
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression="at(2099-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": machine,
            "RoleArn": role["Role"]["Arn"],
            "RetryPolicy": {"MaximumRetryAttempts": 0},
        },
    )
    (schedule,) = (s for s in of_scheduler() if s.name == name)

    if action == "states:StartExecution":
        now = datetime.now(UTC)
        assert Invocation(schedule, now, now).attempt(now)
        executions = aws.client("stepfunctions").list_executions(stateMachineArn=machine)
        assert len(executions["executions"]) == 1
    else:
        with pytest.raises(ClientError, match="not authorized to perform: states:StartExecution"):
            invoke(schedule.target, "{}", name="x", session=scheduler_session(schedule))
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    with pytest.raises(RoleNotAssumableError):
        scheduler_session(schedule)
