"""``recommender schedule`` against the embedded AWS."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from console import executions
from console.aws_access import AwsAccess
from console.embedded_stack import DeployedStack
from console.main import main
from console.schedules import PipelineSchedule
from embedded_aws.server import EmbeddedAws

ROLE_ARN = "arn:aws:iam::123456789012:role/test"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:letters"


@pytest.fixture(scope="module")
def stack() -> Iterator[DeployedStack]:
    """Give a pipeline with two schedules, and a schedule of somebody else."""
    with EmbeddedAws() as aws:
        create = aws.client("stepfunctions").create_state_machine
        mine, other = (
            create(name=name, definition=json.dumps(PASS), roleArn=ROLE_ARN)["stateMachineArn"]
            for name in ("mine", "other")
        )
        scheduler = aws.client("scheduler")
        scheduler.create_schedule_group(Name="group")
        common = {"GroupName": "group", "FlexibleTimeWindow": {"Mode": "OFF"}}
        scheduler.create_schedule(
            Name="tune-weekly",
            ScheduleExpression="cron(0 3 ? * SUN 2031-2099)",
            ScheduleExpressionTimezone="Europe/Berlin",
            Description="Sundays",
            Target={
                "Arn": mine,
                "RoleArn": ROLE_ARN,
                "Input": '{"mode": "tune"}',
                "RetryPolicy": {"MaximumRetryAttempts": 7, "MaximumEventAgeInSeconds": 600},
                "DeadLetterConfig": {"Arn": QUEUE_ARN},
            },
            **{**common, "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 9}},
        )
        scheduler.create_schedule(
            Name="train-daily",
            ScheduleExpression="rate(1 day)",
            State="DISABLED",
            StartDate=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
            Target={"Arn": mine, "RoleArn": ROLE_ARN, "Input": "[1]"},
            **common,
        )
        scheduler.create_schedule(
            Name="not-mine",
            ScheduleExpression="cron(0 3 * * ? 2031)",
            Target={"Arn": other, "RoleArn": ROLE_ARN},
            **common,
        )
        yield DeployedStack(AwsAccess.embedded(aws.endpoint_url, aws.region), "bucket", mine)


@pytest.fixture
def cli(stack: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(stack.access.endpoint_url))
    monkeypatch.setattr(executions, "find_stack", lambda _access, _name: stack)
    return lambda *arguments: CliRunner().invoke(main, ["schedule", *arguments])


def described(stack: DeployedStack, name: str) -> dict[str, Any]:
    scheduler = stack.access.client("scheduler")
    found: dict[str, Any] = scheduler.get_schedule(GroupName="group", Name=name)
    for changing in ("ResponseMetadata", "LastModificationDate"):
        del found[changing]
    return found


def test_schedules_of_the_pipeline_are_listed_with_their_next_time(
    cli: Callable[..., Result],
) -> None:
    result = cli("list")

    assert result.exit_code == 0, result.output
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["NAME", "STATE", "NEXT", "EXPRESSION", "INPUT"],
        ["train-daily", "paused", "-", "rate(1", "day)", "[1]"],
        ["tune-weekly", "enabled", "2031-01-05", "03:00", "Europe/Berlin",
         "cron(0", "3", "?", "*", "SUN", "2031-2099)", '{"mode":', '"tune"}'],
    ]  # fmt: skip
    # The columns stand one below the other.
    assert len({line.index(text) for line, text in zip(
        result.stdout.splitlines(), ("EXPRESSION", "rate(", "cron("), strict=True
    )}) == 1  # fmt: skip


def test_schedules_are_listed_as_json(cli: Callable[..., Result]) -> None:
    weekly = json.loads(cli("list", "--json").stdout)["schedules"][1]

    assert weekly == {
        "name": "tune-weekly",
        "enabled": True,
        "expression": "cron(0 3 ? * SUN 2031-2099)",
        "timezone": "Europe/Berlin",
        "next": "2031-01-05T03:00:00+01:00",
        "input": '{"mode": "tune"}',
    }


def test_firing_starts_a_run_with_the_schedules_input(
    cli: Callable[..., Result], stack: DeployedStack
) -> None:
    result = cli("fire", "tune-weekly")

    assert result.exit_code == 0, result.output
    arn = result.stdout.strip()
    execution = stack.access.client("stepfunctions").describe_execution(executionArn=arn)
    assert execution["stateMachineArn"] == stack.state_machine_arn
    assert json.loads(execution["input"]) == {"mode": "tune"}
    assert execution["name"].startswith("tune-")


def test_pausing_and_resuming_changes_nothing_but_the_state(
    cli: Callable[..., Result], stack: DeployedStack
) -> None:
    before = described(stack, "tune-weekly")

    assert cli("pause", "tune-weekly").stdout == "tune-weekly is paused\n"
    assert described(stack, "tune-weekly") == {**before, "State": "DISABLED"}
    assert cli("pause", "tune-weekly").stdout == "tune-weekly is paused\n"
    assert cli("resume", "tune-weekly").stdout == "tune-weekly fires again\n"
    assert described(stack, "tune-weekly") == before
    assert before["FlexibleTimeWindow"]["MaximumWindowInMinutes"] == 9
    assert before["Description"] == "Sundays"


@pytest.mark.parametrize("command", ["fire", "pause", "resume"])
def test_unknown_names_are_bad_input(cli: Callable[..., Result], command: str) -> None:
    result = cli(command, "not-mine")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: schedule 'not-mine': there is none of that name; found train-daily, tune-weekly\n"
    )


def test_input_that_is_no_object_is_not_started(cli: Callable[..., Result]) -> None:
    result = cli("fire", "train-daily")

    assert result.exit_code == 2
    assert "expected a JSON object as input, found '[1]'" in result.stderr


def test_name_in_two_groups_is_refused(cli: Callable[..., Result], stack: DeployedStack) -> None:
    scheduler = stack.access.client("scheduler")
    kept = described(stack, "train-daily")
    for changing in ("Arn", "CreationDate"):
        del kept[changing]
    scheduler.create_schedule(**{**kept, "GroupName": "default"})

    result = cli("pause", "train-daily")
    scheduler.delete_schedule(GroupName="default", Name="train-daily")

    assert result.exit_code == 2
    assert "expected one, found one in each of default, group" in result.stderr


def test_refusal_of_aws_is_a_problem_of_the_environment(
    cli: Callable[..., Result], stack: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = AwsAccess.embedded("http://127.0.0.1:9", "us-east-1")
    monkeypatch.setattr(
        executions, "find_stack", lambda _access, _name: DeployedStack(elsewhere, "bucket", "arn")
    )
    result = cli("list")

    assert result.exit_code == 4
    assert "http://127.0.0.1:9" in result.stderr
    assert result.stderr.count("\n") == 1


NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
CREATED = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "2026-11-23T09:30:00+00:00"),
        ({"StartDate": CREATED.replace(hour=15)}, "2026-11-22T15:30:00+00:00"),
        ({"EndDate": NOW.replace(hour=13)}, None),
        ({"State": "DISABLED"}, None),
        ({"ScheduleExpression": "cron(0 0 LW * ? *)"}, None),
        ({"ScheduleExpression": "at(2020-01-01T00:00:00)"}, None),
        ({"ScheduleExpression": "cron(0 12 * * ? *)", "ScheduleExpressionTimezone": "Asia/Tokyo"},
         "2026-11-23T12:00:00+09:00"),
    ],
)  # fmt: skip
def test_next_time(settings: dict[str, Any], expected: str | None) -> None:
    schedule = PipelineSchedule(
        {
            "Name": "s",
            "State": "ENABLED",
            "ScheduleExpression": "rate(1 day)",
            "CreationDate": CREATED,
            "Target": {},
            **settings,
        }
    )

    assert schedule.as_document(NOW)["next"] == expected
    assert schedule.execution_input == {}
