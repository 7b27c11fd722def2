"""An upload pushes the schedule back and changes nothing else of it."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from lambdas.debounce_upload.handler import lambda_handler

EVENT = {"detail": {"object": {"key": "raw/ratings/part-0.csv"}}}
TARGET = {
    "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:machine",
    "RoleArn": "arn:aws:iam::123456789012:role/scheduler",
    "Input": '{"mode": "tune"}',
    "RetryPolicy": {"MaximumEventAgeInSeconds": 600, "MaximumRetryAttempts": 3},
    "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:letters"},
}


@pytest.fixture
def scheduler(environment, monkeypatch):
    monkeypatch.setenv("SCHEDULE_GROUP", "group")
    monkeypatch.setenv("SCHEDULE_NAME", "after-upload")
    monkeypatch.setenv("DELAY_MINUTES", "7")
    with mock_aws():
        client = boto3.client("scheduler")
        client.create_schedule_group(Name="group")
        client.create_schedule(
            Name="after-upload",
            GroupName="group",
            Description="after uploads",
            ScheduleExpression="at(2099-01-01T00:00:00)",
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            State="DISABLED",
            Target=TARGET,
        )
        yield client


def described(scheduler):
    found = scheduler.get_schedule(GroupName="group", Name="after-upload")
    return {k: v for k, v in found.items() if k not in ("ResponseMetadata", "LastModificationDate")}


def test_start_is_pushed_back_and_all_else_is_kept(scheduler):
    before = described(scheduler)
    begin = datetime.now(UTC).replace(microsecond=0)

    answer = lambda_handler(EVENT, None)

    after = described(scheduler)
    assert after.pop("ScheduleExpression") == f"at({answer['starts_at']})"
    del before["ScheduleExpression"]
    assert after == before
    starts_at = datetime.fromisoformat(answer["starts_at"]).replace(tzinfo=UTC)
    assert timedelta(minutes=7) <= starts_at - begin < timedelta(minutes=7, seconds=10)


def test_schedule_that_is_gone_is_an_error(scheduler):
    scheduler.delete_schedule(GroupName="group", Name="after-upload")

    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        lambda_handler(EVENT, None)
