"""Schedules of a pipeline that ``recommender serve`` keeps: they start runs by themselves."""

import datetime as dt
import json
import re
import signal
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

pytestmark = pytest.mark.slow

ROLE_ARN = "arn:aws:iam::123456789012:role/scheduler"
# A run that ends at once, for want of ratings.
INPUT = {"dataset": {"uri": "raw/nothing-here/"}}


@pytest.fixture
def served(start_process, ratings_file, assembly) -> Any:
    server = start_process(
        "serve", "--port", "0", "--data", str(ratings_file), "--assembly", str(assembly), "--quiet"
    )
    told = ""
    for line in server.stdout:
        told += line
        if "Ctrl-C" in line:
            break
    yield dict(re.findall(r"(AWS_\w+)=(\S+)", told)), re.findall(r"arn:aws:states:\S+", told)[0]
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=30)
    assert server.returncode == 0


def clients(environment: dict[str, str]) -> Callable[[str], Any]:
    return lambda service: boto3.client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def make_role(iam: Any, machine_arn: str) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    start = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine_arn}
    name = ROLE_ARN.rpartition("/")[2]
    iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    policy = json.dumps({"Version": "2012-10-17", "Statement": [start]})
    iam.put_role_policy(RoleName=name, PolicyName="start", PolicyDocument=policy)


def executions(stepfunctions: Any, machine_arn: str) -> list[dict[str, Any]]:
    return list(stepfunctions.list_executions(stateMachineArn=machine_arn)["executions"])


def test_run_starts_within_five_seconds_of_its_time_and_schedules_obey(served, workspace):
    environment, machine_arn = served
    client = clients(environment)
    stepfunctions, scheduler = client("stepfunctions"), client("scheduler")
    due = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=3)
    make_role(client("iam"), machine_arn)
    target = {"Arn": machine_arn, "RoleArn": ROLE_ARN, "Input": json.dumps(INPUT)}
    for name, expression in {
        "soon": f"at({due:%Y-%m-%dT%H:%M:%S})",
        "often": "rate(1 minute)",
    }.items():
        scheduler.create_schedule(
            Name=name,
            ScheduleExpression=expression,
            Target=target,
            FlexibleTimeWindow={"Mode": "OFF"},
        )

    deadline = time.monotonic() + 20
    while len(executions(stepfunctions, machine_arn)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    late, first = executions(stepfunctions, machine_arn)
    assert dt.timedelta(0) <= late["startDate"] - due <= dt.timedelta(seconds=5)
    assert first["startDate"] < due  # a rate fires at once
    described = stepfunctions.describe_execution(executionArn=late["executionArn"])
    assert json.loads(described["input"]) == INPUT

    listed = workspace.command("schedule", "list", "--json", **environment)
    assert listed.returncode == 0, listed.stderr
    often, soon = json.loads(listed.stdout)["schedules"]
    assert (often["name"], often["enabled"], soon["name"]) == ("often", True, "soon")
    assert soon["next"] is None
    following = dt.datetime.fromisoformat(often["next"])
    assert dt.timedelta(0) < following - first["startDate"] <= dt.timedelta(seconds=60)

    paused = workspace.command("schedule", "pause", "often", **environment)
    assert paused.stdout == "often is paused\n", paused.stderr
    fired = workspace.command("schedule", "fire", "often", **environment)
    assert fired.returncode == 0, fired.stderr
    watched = workspace.command("watch", fired.stdout.strip(), **environment)
    assert "(InvalidInputError)\nWhat to do: " in watched.stderr
    assert len(executions(stepfunctions, machine_arn)) == 3
