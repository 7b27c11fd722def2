"""Schedules: checked at synthesis, and no more than they need on AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.assertions import Template
from pydantic import TypeAdapter, ValidationError

from infra.constructs.encryption import Encryption
from infra.constructs.run_schedules import RunSchedules
from infra.run_schedule import DistinctSchedules, RunSchedule
from infra.settings import DeploymentSettings

DAILY = RunSchedule(name="train-daily", expression="cron(0 3 * * ? *)", timezone="Europe/Berlin")
WEEKLY = RunSchedule(
    name="tune-weekly",
    expression="cron(0 5 ? * SUN *)",
    input={"mode": "tune", "tuning": {"max_jobs": 4}},
    flexible_window_minutes=30,
    enabled=False,
    max_retries=2,
    max_age_seconds=600,
)


def synthesize(*schedules: RunSchedule, kms_key: str = "aws") -> dict[str, Any]:
    stack = Stack(App(analytics_reporting=False), "Test")
    settings = DeploymentSettings(kms_key=kms_key)
    machine = sfn.StateMachine(
        stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "P"))
    )
    RunSchedules(
        stack,
        "Schedules",
        state_machine=machine,
        schedules=schedules,
        encryption=Encryption(stack, "Encryption", settings=settings),
    )
    template: dict[str, Any] = Template.from_stack(stack).to_json()
    return template


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return synthesize(DAILY, WEEKLY)


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    found = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind and not name.startswith("Machine")
    }
    assert found
    return found


def test_schedules_are_as_their_settings_say(template: dict[str, Any]) -> None:
    schedules = {s["Name"]: s for s in of_type(template, "AWS::Scheduler::Schedule").values()}
    daily, weekly = schedules["train-daily"], schedules["tune-weekly"]
    (group,) = of_type_names(template, "AWS::Scheduler::ScheduleGroup")

    assert daily["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert daily["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert daily["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert daily["State"] == "ENABLED"
    assert json.loads(daily["Target"]["Input"]) == {}
    assert weekly["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30}
    assert weekly["State"] == "DISABLED"
    assert json.loads(weekly["Target"]["Input"]) == {"mode": "tune", "tuning": {"max_jobs": 4}}
    assert weekly["Target"]["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 600,
        "MaximumRetryAttempts": 2,
    }
    assert {json.dumps(s["GroupName"]) for s in schedules.values()} == {json.dumps({"Ref": group})}
    assert all("KmsKeyArn" not in schedule for schedule in schedules.values())


def of_type_names(template: dict[str, Any], kind: str) -> list[str]:
    return [n for n, r in template["Resources"].items() if r["Type"] == kind]


def test_role_may_start_this_machine_and_leave_dead_letters_and_nothing_else(
    template: dict[str, Any],
) -> None:
    (policy,) = of_type(template, "AWS::IAM::Policy").values()
    (machine,) = of_type_names(template, "AWS::StepFunctions::StateMachine")
    (queue,) = of_type_names(template, "AWS::SQS::Queue")

    assert policy["PolicyDocument"]["Statement"] == [
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": {"Ref": machine}},
        {
            "Action": "sqs:SendMessage",
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": [queue, "Arn"]},
        },
    ]


def test_only_this_group_of_this_account_can_take_the_role(template: dict[str, Any]) -> None:
    (role,) = of_type(template, "AWS::IAM::Role").values()
    (group,) = of_type_names(template, "AWS::Scheduler::ScheduleGroup")

    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Condition": {
                "StringEquals": {
                    "aws:SourceAccount": {"Ref": "AWS::AccountId"},
                    "aws:SourceArn": {"Fn::GetAtt": [group, "Arn"]},
                }
            },
        }
    ]
    assert "ManagedPolicyArns" not in role


def test_role_is_complete_before_a_schedule_uses_it(template: dict[str, Any]) -> None:
    (policy,) = of_type_names(template, "AWS::IAM::Policy")

    for name in of_type_names(template, "AWS::Scheduler::Schedule"):
        assert policy in template["Resources"][name]["DependsOn"]


def test_dead_letters_are_encrypted_kept_and_sent_by_tls_only(template: dict[str, Any]) -> None:
    (queue,) = of_type(template, "AWS::SQS::Queue").values()
    (policy,) = of_type(template, "AWS::SQS::QueuePolicy").values()
    (name,) = of_type_names(template, "AWS::SQS::Queue")
    targets = [s["Target"] for s in of_type(template, "AWS::Scheduler::Schedule").values()]

    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [t["DeadLetterConfig"] for t in targets] == [{"Arn": {"Fn::GetAtt": [name, "Arn"]}}] * 2


def test_own_key_encrypts_queue_and_payloads() -> None:
    template = synthesize(DAILY, kms_key="stack")
    (key,) = of_type_names(template, "AWS::KMS::Key")
    arn = {"Fn::GetAtt": [key, "Arn"]}
    (queue,) = of_type(template, "AWS::SQS::Queue").values()
    (schedule,) = of_type(template, "AWS::Scheduler::Schedule").values()
    statements = [
        s
        for policy in of_type(template, "AWS::IAM::Policy").values()
        for s in policy["PolicyDocument"]["Statement"]
    ]

    assert queue["KmsMasterKeyId"] == arn
    assert schedule["KmsKeyArn"] == arn
    assert {
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Effect": "Allow",
        "Resource": arn,
    } in statements


def problems(**values: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        RunSchedule(**{"name": "daily", "expression": "rate(1 day)", **values})
    return [f"{e['loc'][0]}: {e['msg']}" for e in caught.value.errors()]


def test_every_problem_is_said_in_a_line_of_its_own() -> None:
    said = problems(
        name="no blanks",
        expression="cron(0 25 * * ? *)",
        timezone="Berlin",
        input={"mode": "trian", "tuning": {"max_jobs": 0}},
        flexible_window_minutes=1441,
        max_retries=186,
        max_age_seconds=59,
        every="day",
    )

    assert len(said) == 8
    assert not any("\n" in line for line in said)
    text = "\n".join(said)
    assert "expression: hours: expected 0-23, found '25'" in text
    assert "timezone: expected a time zone such as UTC or Europe/Berlin, found 'Berlin'" in text
    assert "input: execution input: 2 problems: (1) mode: " in text
    assert "tuning.max_jobs" in text


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"input": "{}"}, "input"),
        ({"input": {"hyperparameters": {"feature_dim": 3}}}, "input"),
        ({"enabled": "yes"}, "enabled"),
        ({"expression": ""}, "expression"),
        ({"max_retries": -1}, "max_retries"),
        ({"flexible_window_minutes": -1}, "flexible_window_minutes"),
        ({"name": ""}, "name"),
        ({"name": "a" * 65}, "name"),
    ],
)
def test_bad_values_are_refused(values: dict[str, Any], key: str) -> None:
    assert [line.partition(":")[0] for line in problems(**values)] == [key]


def test_schedules_have_names_of_their_own() -> None:
    adapter = TypeAdapter(DistinctSchedules)
    schedule = {"name": "daily", "expression": "rate(1 day)"}

    assert len(adapter.validate_python([schedule, {**schedule, "name": "other"}])) == 2
    with pytest.raises(ValidationError, match="found several called daily"):
        adapter.validate_python([schedule, schedule])
