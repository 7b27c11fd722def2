"""Runs that uploads start: what tells whom, and what may be done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.assertions import Template
from pydantic import ValidationError

from infra.constructs.encryption import Encryption
from infra.constructs.network import Network
from infra.constructs.run_schedules import RunSchedules
from infra.constructs.start_on_upload import StartOnUpload
from infra.run_schedule import UploadSettings
from infra.settings import DeploymentSettings


def synthesize(upload: UploadSettings, **chosen: Any) -> dict[str, Any]:
    stack = Stack(App(analytics_reporting=False), "Test")
    settings = DeploymentSettings(**chosen)
    encryption = Encryption(stack, "Encryption", settings=settings)
    machine = sfn.StateMachine(
        stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "P"))
    )
    StartOnUpload(
        stack,
        "StartOnUpload",
        upload=upload,
        bucket=s3.Bucket(stack, "Data"),
        schedules=RunSchedules(
            stack, "Schedules", state_machine=machine, schedules=[], encryption=encryption
        ),
        encryption=encryption,
        network=Network(stack, "Network", settings=settings),
        settings=settings,
    )
    template: dict[str, Any] = Template.from_stack(stack).to_json()
    return template


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return synthesize(UploadSettings(delay_minutes=7, input={"mode": "tune"}))


def only(template: dict[str, Any], kind: str, part: str = "") -> tuple[str, dict[str, Any]]:
    ((name, resource),) = (
        (n, r) for n, r in template["Resources"].items() if r["Type"] == kind and part in n
    )
    return name, resource.get("Properties", {})


def test_objects_below_raw_reach_the_function(template: dict[str, Any]) -> None:
    bucket_name, bucket = only(template, "AWS::S3::Bucket")
    rule_name, rule = only(template, "AWS::Events::Rule")
    function_name, _ = only(template, "AWS::Lambda::Function")
    _, permission = only(template, "AWS::Lambda::Permission")

    assert bucket["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    assert rule["State"] == "ENABLED"
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": bucket_name}]},
            "object": {"key": [{"prefix": "raw/"}]},
        },
    }
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": [function_name, "Arn"]}]
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": [rule_name, "Arn"]}


def test_no_custom_resource_changes_notifications(template: dict[str, Any]) -> None:
    assert "Custom::" not in json.dumps(template)


def test_function_knows_schedule_and_delay(template: dict[str, Any]) -> None:
    _, function = only(template, "AWS::Lambda::Function")
    group, _ = only(template, "AWS::Scheduler::ScheduleGroup")
    _, schedule = only(template, "AWS::Scheduler::Schedule")

    assert function["Environment"]["Variables"] == {
        "SCHEDULE_GROUP": {"Ref": group},
        "SCHEDULE_NAME": "after-upload",
        "DELAY_MINUTES": "7",
    }
    assert function["Handler"] == "lambdas.debounce_upload.handler.lambda_handler"
    assert schedule["Name"] == "after-upload"
    assert schedule["ScheduleExpression"] == "at(2099-01-01T00:00:00)"
    assert schedule["GroupName"] == {"Ref": group}
    assert json.loads(schedule["Target"]["Input"]) == {"mode": "tune"}


def statements(template: dict[str, Any]) -> list[dict[str, Any]]:
    _, policy = only(template, "AWS::IAM::Policy", "StartOnUploadDebounceUploadExecution")
    return list(policy["PolicyDocument"]["Statement"])


def test_function_may_change_this_schedule_only(template: dict[str, Any]) -> None:
    group, _ = only(template, "AWS::Scheduler::ScheduleGroup")
    role, _ = only(template, "AWS::IAM::Role", "SchedulesRole")
    _, tracing, changing, passing = statements(template)

    assert tracing["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    assert changing["Action"] == ["scheduler:GetSchedule", "scheduler:UpdateSchedule"]
    parts = changing["Resource"]["Fn::Join"][1]
    assert parts[-3:] == [":schedule/", {"Ref": group}, "/after-upload"]
    assert passing == {
        "Action": "iam:PassRole",
        "Effect": "Allow",
        "Resource": {"Fn::GetAtt": [role, "Arn"]},
        "Condition": {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
    }


def test_own_key_of_the_schedule_can_be_used() -> None:
    template = synthesize(UploadSettings(), kms_key="stack")
    key, _ = only(template, "AWS::KMS::Key")
    using = {
        action
        for statement in statements(template)
        if statement["Resource"] == {"Fn::GetAtt": [key, "Arn"]}
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    }

    assert using >= {"kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"}


@pytest.mark.parametrize(
    "values", [{"delay_minutes": 0}, {"delay_minutes": 1441}, {"input": {"mod": "train"}}, {"a": 1}]
)
def test_bad_settings_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        UploadSettings(**values)
