"""Schedules fire at planted times: once, with their payload, or into the dead-letter queue."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.schedules import ScheduleRunner
from embedded_aws.schedules.found_schedules import of_scheduler
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN, Machines

ECHO = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
# Years ahead, so that the thread of the embedded AWS itself does not fire these schedules.
BEGIN = datetime(2031, 3, 1, 12, 0, 0, tzinfo=UTC)


class PlantedClock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


class Planted:
    """Schedules of one test, their machine, and a runner with a clock of its own."""

    def __init__(self, aws: EmbeddedAws, machine_arn: str) -> None:
        self.aws, self.machine_arn = aws, machine_arn
        self.clock = PlantedClock()
        self.runner = ScheduleRunner(clock=self.clock)
        self.names: list[str] = []

    def schedule(self, expression: str, zone: str = "UTC", **more: Any) -> str:
        target = {"Arn": self.machine_arn, "RoleArn": ROLE_ARN, **more.pop("Target", {})}
        name = f"s-{uuid.uuid4()}"
        self.names.append(name)
        self.aws.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=expression,
            ScheduleExpressionTimezone=zone,
            Target=target,
            **{"FlexibleTimeWindow": {"Mode": "OFF"}, **more},
        )
        self.tick(BEGIN)
        return name

    def tick(self, *moments: datetime) -> None:
        for moment in moments:
            self.clock.now = moment
            self.runner.tick()

    def inputs(self) -> list[Any]:
        """Give the inputs of all executions, in the order of their starts."""
        stepfunctions = self.aws.client("stepfunctions")
        listed = stepfunctions.list_executions(stateMachineArn=self.machine_arn)["executions"]
        arns = [e["executionArn"] for e in sorted(listed, key=lambda e: e["startDate"])]
        return [
            json.loads(stepfunctions.describe_execution(executionArn=arn)["input"]) for arn in arns
        ]

    def update(self, name: str, **changes: Any) -> None:
        scheduler = self.aws.client("scheduler")
        settings = scheduler.get_schedule(Name=name)
        kept = (
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "FlexibleTimeWindow",
            "Target",
            "State",
            "GroupName",
        )
        scheduler.update_schedule(
            Name=name, **{**{key: settings[key] for key in kept if key in settings}, **changes}
        )


@pytest.fixture
def planted(aws: EmbeddedAws, machines: Machines) -> Any:
    planted = Planted(aws, machines.create(ECHO))
    yield planted
    for schedule in of_scheduler():
        aws.client("scheduler").delete_schedule(GroupName=schedule.group, Name=schedule.name)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_fires_at_its_time_once_and_with_its_payload(planted: Planted) -> None:
    payload = {
        "mode": "tune",
        "note": "<aws.scheduler.scheduled-time> <aws.scheduler.attempt-number>",
    }
    planted.schedule("at(2031-03-01T12:30:00)", Target={"Input": json.dumps(payload)})

    planted.tick(at("2031-03-01T12:29:59"))
    assert planted.inputs() == []
    planted.tick(at("2031-03-01T12:30:00"), at("2031-03-01T12:30:01"), at("2031-03-02T00:00:00"))

    assert planted.inputs() == [{"mode": "tune", "note": "2031-03-01T12:30:00Z 1"}]


def test_recurs_in_its_time_zone_over_changes_of_clocks(planted: Planted) -> None:
    # Berlin's clocks go forward on 30 March 2031 at 02:00, back on 26 October at 03:00.
    marker = {"Input": '{"at": "<aws.scheduler.scheduled-time>"}'}
    planted.schedule("cron(30 2 * 3,10 ? *)", "Europe/Berlin", Target=marker)
    begin = at("2031-03-28T12:00:00")
    planted.tick(begin)
    fired = len(planted.inputs())

    planted.tick(*(begin + timedelta(minutes=30 * n) for n in range(1, 48 * 4)))
    assert [given["at"] for given in planted.inputs()[fired:]] == [
        "2031-03-29T01:30:00Z",
        "2031-03-31T00:30:00Z",
    ]
    begin = at("2031-10-25T12:00:00")
    planted.tick(begin)
    fired = len(planted.inputs())
    planted.tick(*(begin + timedelta(minutes=10 * n) for n in range(1, 144 * 2)))
    assert [given["at"] for given in planted.inputs()[fired:]] == [
        "2031-10-26T00:30:00Z",
        "2031-10-27T01:30:00Z",
    ]


def test_clock_that_jumps_fires_the_latest_time_only(planted: Planted) -> None:
    planted.schedule(
        "cron(* * * * ? *)", Target={"Input": '{"at": "<aws.scheduler.scheduled-time>"}'}
    )

    planted.tick(BEGIN + timedelta(minutes=20, seconds=30))

    assert planted.inputs() == [{"at": "2031-03-01T12:20:00Z"}]


def test_rate_counts_from_its_start_until_its_end(planted: Planted) -> None:
    planted.schedule(
        "rate(10 minutes)",
        StartDate=BEGIN + timedelta(minutes=3),
        EndDate=BEGIN + timedelta(minutes=23),
        Target={"Input": '{"at": "<aws.scheduler.scheduled-time>"}'},
    )

    planted.tick(*(BEGIN + timedelta(minutes=n) for n in range(60)))

    assert [given["at"][11:16] for given in planted.inputs()] == ["12:03", "12:13", "12:23"]


def test_paused_times_are_skipped_and_not_made_up_for(planted: Planted) -> None:
    name = planted.schedule(
        "cron(0 * * * ? *)", Target={"Input": '{"at": "<aws.scheduler.scheduled-time>"}'}
    )
    planted.tick(at("2031-03-01T13:00:00"))
    planted.update(name, State="DISABLED")
    planted.tick(at("2031-03-01T14:00:00"), at("2031-03-01T14:30:00"))
    planted.update(name, State="ENABLED")
    planted.tick(at("2031-03-01T14:31:00"), at("2031-03-01T15:00:00"))

    assert [given["at"][11:13] for given in planted.inputs()] == ["13", "15"]


def test_changed_time_is_the_one_that_counts(planted: Planted) -> None:
    name = planted.schedule("at(2031-03-01T12:30:00)")
    planted.tick(at("2031-03-01T12:29:00"))
    planted.update(name, ScheduleExpression="at(2031-03-01T12:40:00)")

    planted.tick(at("2031-03-01T12:31:00"))
    assert planted.inputs() == []
    planted.tick(at("2031-03-01T12:40:00"))
    assert planted.inputs() == [{}]
    # The same schedule can be armed again, as often as wanted.
    planted.update(name, ScheduleExpression="at(2031-03-01T12:50:00)")
    planted.tick(at("2031-03-01T12:49:00"), at("2031-03-01T12:50:00"), at("2031-03-01T12:51:00"))
    assert planted.inputs() == [{}, {}]


def test_flexible_window_is_used_and_kept(planted: Planted) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}
    planted.schedule("at(2031-03-01T13:00:00)", FlexibleTimeWindow=window)
    (schedule,) = of_scheduler()
    due = schedule.due_time(at("2031-03-01T13:00:00"))

    assert at("2031-03-01T13:00:00") < due < at("2031-03-01T14:00:00")
    planted.tick(at("2031-03-01T13:00:00"), due - timedelta(seconds=1))
    assert planted.inputs() == []
    planted.tick(due, due + timedelta(seconds=1))
    assert planted.inputs() == [{}]


def test_pausing_inside_the_window_prevents_the_start(planted: Planted) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}
    name = planted.schedule("at(2031-03-01T13:00:00)", FlexibleTimeWindow=window)
    planted.tick(at("2031-03-01T13:00:00"))
    planted.update(name, State="DISABLED")

    planted.tick(at("2031-03-01T13:00:01"), at("2031-03-01T14:00:00"))

    assert planted.inputs() == []


def test_what_happens_inside_the_window_counts_as_at_its_time(planted: Planted) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}
    resumed = planted.schedule("at(2031-03-01T13:00:00)", FlexibleTimeWindow=window)
    changed = planted.schedule("at(2031-03-01T13:00:00)", FlexibleTimeWindow=window)
    planted.update(resumed, State="DISABLED")
    planted.tick(at("2031-03-01T13:00:00"))
    planted.update(resumed, State="ENABLED")
    planted.update(changed, ScheduleExpression="at(2031-03-02T13:00:00)")

    planted.tick(at("2031-03-01T13:00:01"), at("2031-03-01T14:00:00"))

    assert planted.inputs() == []


@pytest.mark.parametrize(("action", "times"), [("DELETE", 0), ("NONE", 1)], ids=["delete", "none"])
def test_action_after_completion(planted: Planted, action: str, times: int) -> None:
    planted.schedule("at(2031-03-01T12:30:00)", ActionAfterCompletion=action)
    planted.tick(at("2031-03-01T12:29:00"))
    assert len(list(of_scheduler())) == 1

    planted.tick(at("2031-03-01T12:30:00"))

    assert planted.inputs() == [{}]
    assert len(list(of_scheduler())) == times


@pytest.fixture
def queue(aws: EmbeddedAws) -> tuple[str, str]:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4()}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, attributes["Attributes"]["QueueArn"]


def letters(aws: EmbeddedAws, url: str) -> list[dict[str, Any]]:
    received = aws.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return list(received.get("Messages", []))


def deleted_machine(machines: Machines) -> str:
    arn = machines.create(ECHO)
    machines.aws.client("stepfunctions").delete_state_machine(stateMachineArn=arn)
    return arn


@pytest.mark.parametrize(
    ("policy", "condition", "n_retries", "last_second"),
    [
        ({"MaximumRetryAttempts": 2}, "MaximumRetryAttempts", "2", 3),
        ({"MaximumRetryAttempts": 0}, "MaximumRetryAttempts", "0", 0),
        # After 1, 3, 7, 15 and 31 seconds; the sixth retry would be at 63 s.
        (
            {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 60},
            "MaximumEventAgeInSeconds",
            "5",
            31,
        ),
    ],
)
def test_failed_start_is_retried_then_becomes_a_dead_letter(
    aws: EmbeddedAws,
    machines: Machines,
    planted: Planted,
    queue: tuple[str, str],
    policy: dict[str, int],
    condition: str,
    n_retries: str,
    last_second: int,
) -> None:
    url, arn = queue
    machine_arn = deleted_machine(machines)
    name = planted.schedule(
        "at(2031-03-01T12:30:00)",
        Target={
            "Arn": machine_arn,
            "Input": '{"mode": "train"}',
            "RetryPolicy": policy,
            "DeadLetterConfig": {"Arn": arn},
        },
    )

    due = at("2031-03-01T12:30:00")
    planted.tick(*(due + timedelta(seconds=n) for n in range(last_second)))
    assert letters(aws, url) == []
    planted.tick(*(due + timedelta(seconds=last_second + n) for n in range(3)))

    (letter,) = letters(aws, url)
    attributes = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "StateMachineDoesNotExist"
    assert machine_arn in attributes["ERROR_MESSAGE"]
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == condition
    assert attributes["RETRY_ATTEMPTS"] == n_retries
    assert attributes["SCHEDULED_TIME"] == "2031-03-01T12:30:00Z"
    assert attributes["SCHEDULE_ARN"].endswith(f":schedule/default/{name}")
    assert attributes["TARGET_ARN"] == machine_arn
    request = json.loads(letter["Body"])
    assert (request["stateMachineArn"], request["input"]) == (machine_arn, '{"mode": "train"}')


def test_start_that_succeeds_at_a_retry_leaves_no_letter(
    aws: EmbeddedAws, machines: Machines, planted: Planted, queue: tuple[str, str]
) -> None:
    url, arn = queue
    stepfunctions = aws.client("stepfunctions")
    machine_arn = deleted_machine(machines)
    planted.schedule(
        "at(2031-03-01T12:30:00)",
        Target={"Arn": machine_arn, "DeadLetterConfig": {"Arn": arn}},
    )
    planted.tick(at("2031-03-01T12:30:00"))
    name = machine_arn.rpartition(":")[2]
    stepfunctions.create_state_machine(name=name, definition=json.dumps(ECHO), roleArn=ROLE_ARN)

    planted.tick(at("2031-03-01T12:30:01"), at("2031-03-01T12:30:05"))

    assert len(stepfunctions.list_executions(stateMachineArn=machine_arn)["executions"]) == 1
    assert letters(aws, url) == []


def test_failure_without_a_queue_is_logged(
    machines: Machines, planted: Planted, caplog: pytest.LogCaptureFixture
) -> None:
    planted.schedule(
        "at(2031-03-01T12:30:00)",
        Target={"Arn": deleted_machine(machines), "RetryPolicy": {"MaximumRetryAttempts": 0}},
    )

    planted.tick(at("2031-03-01T12:30:00"))

    assert "StateMachineDoesNotExist" in caplog.text
    assert "given up after 1 attempts" in caplog.text
    assert "it has no dead-letter queue" in caplog.text


def test_queues_and_functions_are_invoked_too(
    aws: EmbeddedAws,
    planted: Planted,
    queue: tuple[str, str],
    create_function: Callable[..., str],
) -> None:
    url, arn = queue
    source = (
        "import boto3\n"
        "def handle(event, context):\n"
        "    sqs = boto3.client('sqs')\n"
        "    sqs.send_message(QueueUrl=event['url'], MessageBody='from a function')\n"
    )
    function = create_function(f"f-{uuid.uuid4()}", source)
    planted.schedule("at(2031-03-01T12:30:00)", Target={"Arn": arn, "Input": "hello"})
    planted.schedule(
        "at(2031-03-01T12:30:00)", Target={"Arn": function, "Input": json.dumps({"url": url})}
    )

    planted.tick(at("2031-03-01T12:30:00"))

    found: list[str] = []
    for _ in range(100):
        found += [letter["Body"] for letter in letters(aws, url)]
        if len(found) == 2:
            break
        time.sleep(0.1)
    assert sorted(found) == ["from a function", "hello"]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"ScheduleExpression": "cron(0 3 * * * *)"}, "ValidationException", "exactly one"),
        ({"ScheduleExpressionTimezone": "Berlin"}, "ValidationException", "Europe/Berlin"),
        ({"GroupName": "none-such"}, "ResourceNotFoundException", "none-such"),
        (
            {"Target": {"Arn": "arn:aws:ecs:us-east-1:1:cluster/c", "RoleArn": ROLE_ARN}},
            "UnsupportedInEmbeddedAws",
            "state machines, functions, queues and topics",
        ),
    ],
)
def test_bad_schedules_are_refused(
    aws: EmbeddedAws, planted: Planted, changes: dict[str, Any], code: str, said: str
) -> None:
    good = {
        "ScheduleExpression": "rate(1 day)",
        "State": "DISABLED",
        "Target": {"Arn": planted.machine_arn, "RoleArn": ROLE_ARN},
        "FlexibleTimeWindow": {"Mode": "OFF"},
    }
    scheduler = aws.client("scheduler")
    with pytest.raises(ClientError, match=said) as caught:
        scheduler.create_schedule(Name="bad", **{**good, **changes})
    assert caught.value.response["Error"]["Code"] == code
    scheduler.create_schedule(Name="bad", **good)
    with pytest.raises(ClientError, match=said):
        scheduler.update_schedule(Name="bad", **{**good, **changes})


def test_update_replaces_state_and_action(aws: EmbeddedAws, planted: Planted) -> None:
    name = planted.schedule(
        "at(2031-03-01T12:30:00)", State="DISABLED", ActionAfterCompletion="DELETE"
    )
    aws.client("scheduler").update_schedule(
        Name=name,
        ScheduleExpression="at(2031-03-01T12:31:00)",
        Target={"Arn": planted.machine_arn, "RoleArn": ROLE_ARN},
        FlexibleTimeWindow={"Mode": "OFF"},
    )

    assert aws.client("scheduler").get_schedule(Name=name)["State"] == "ENABLED"
    planted.tick(at("2031-03-01T12:31:00"))
    assert planted.inputs() == [{}]
    assert len(list(of_scheduler())) == 1


def test_rules_with_a_schedule_fire_too(aws: EmbeddedAws, planted: Planted) -> None:
    events = aws.client("events")
    rules = {"daily": "cron(30 12 * * ? *)", "often": "rate(10 minutes)"}
    for name, expression in rules.items():
        # Disabled for the embedded AWS's own thread, which knows the present only.
        events.put_rule(Name=name, ScheduleExpression=expression, State="DISABLED")
    events.put_targets(Rule="daily", Targets=[{"Id": "1", "Arn": planted.machine_arn}])
    given = {"Id": "1", "Arn": planted.machine_arn, "Input": '{"often": true}'}
    events.put_targets(Rule="often", Targets=[given])
    planted.tick(BEGIN)
    for name in rules:
        events.enable_rule(Name=name)

    planted.tick(at("2031-03-01T12:09:59"))
    assert planted.inputs() == []
    planted.tick(at("2031-03-01T12:10:00"), at("2031-03-01T12:30:00"))
    for name in rules:
        events.remove_targets(Rule=name, Ids=["1"])
        events.delete_rule(Name=name)

    first, *others = planted.inputs()
    assert first == {"often": True}
    (event,) = [other for other in others if other != first]
    assert len(others) == 2
    assert event["detail-type"] == "Scheduled Event"
    assert event["time"] == "2031-03-01T12:30:00Z"
    assert event["resources"][0].endswith(":rule/daily")


def test_running_embedded_aws_fires_within_a_second_of_the_time(planted: Planted) -> None:
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    planted.aws.client("scheduler").create_schedule(
        Name="soon",
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": planted.machine_arn, "RoleArn": ROLE_ARN, "Input": '{"soon": true}'},
    )
    for _ in range(100):
        if planted.inputs():
            break
        time.sleep(0.1)

    stepfunctions = planted.aws.client("stepfunctions")
    (execution,) = stepfunctions.list_executions(stateMachineArn=planted.machine_arn)["executions"]
    assert planted.inputs() == [{"soon": True}]
    assert timedelta(0) <= execution["startDate"] - due < timedelta(seconds=1)
    assert uuid.UUID(execution["name"]).version == 4
    assert list(of_scheduler()) == []


def test_single_time_of_the_present_minute_still_fires_and_an_older_one_does_not(
    planted: Planted,
) -> None:
    now = datetime.now(UTC)
    for name, age in {"recent": 20, "old": 120}.items():
        planted.aws.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=f"at({now - timedelta(seconds=age):%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": planted.machine_arn, "RoleArn": ROLE_ARN, "Input": json.dumps({"n": name}),
            },
        )  # fmt: skip
    time.sleep(1)

    assert planted.inputs() == [{"n": "recent"}]


def test_rate_without_a_start_fires_at_once(planted: Planted) -> None:
    planted.aws.client("scheduler").create_schedule(
        Name="often",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": planted.machine_arn, "RoleArn": ROLE_ARN},
    )
    time.sleep(1)

    assert planted.inputs() == [{}]
