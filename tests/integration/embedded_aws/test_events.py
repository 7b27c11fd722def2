"""Events flow from S3 through rules to functions and state machines; uploads are debounced."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.events.target_input import target_input
from embedded_aws.schedules import ScheduleRunner
from embedded_aws.schedules.found_schedules import of_scheduler
from embedded_aws.server import EmbeddedAws
from lambdas.debounce_upload import handler
from tests.integration.embedded_aws.conftest import ROLE_ARN, Machines

ECHO = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


@pytest.fixture
def bucket(aws: EmbeddedAws) -> str:
    """Give a bucket that tells EventBridge of its objects."""
    name = f"bucket-{uuid.uuid4()}"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return name


@pytest.fixture
def put_rule(aws: EmbeddedAws, bucket: str) -> Iterator[Callable[..., None]]:
    """Make rules for new objects below raw/, and delete them afterwards."""
    events = aws.client("events")
    names: list[str] = []

    def put(*targets: dict[str, Any], **settings: Any) -> None:
        names.append(f"rule-{uuid.uuid4()}")
        pattern = {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "raw/"}]}},
        }
        events.put_rule(**{"Name": names[-1], "EventPattern": json.dumps(pattern), **settings})
        numbered = [{"Id": str(n), **target} for n, target in enumerate(targets)]
        events.put_targets(Rule=names[-1], Targets=numbered)

    yield put
    for name in names:
        found = events.list_targets_by_rule(Rule=name)["Targets"]
        events.remove_targets(Rule=name, Ids=[target["Id"] for target in found])
        events.delete_rule(Name=name)


def upload(aws: EmbeddedAws, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"ratings")


def inputs(aws: EmbeddedAws, machine_arn: str, n: int, *, within: float = 10) -> list[Any]:
    """Wait for `n` executions and give their inputs."""
    stepfunctions = aws.client("stepfunctions")
    deadline = time.monotonic() + within
    while True:
        found = stepfunctions.list_executions(stateMachineArn=machine_arn)["executions"]
        if len(found) >= n or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    described = (
        stepfunctions.describe_execution(executionArn=execution["executionArn"])
        for execution in found
    )
    return [json.loads(execution["input"]) for execution in described]


def test_new_object_starts_a_state_machine_with_the_event(
    aws: EmbeddedAws, machines: Machines, bucket: str, put_rule: Callable[..., None]
) -> None:
    machine = machines.create(ECHO)
    put_rule({"Arn": machine, "RoleArn": ROLE_ARN})

    upload(aws, bucket, "runs/1/model", "raw/ratings/a.csv", "models/accepted.json")

    (event,) = inputs(aws, machine, 1)
    assert event["detail-type"] == "Object Created"
    assert event["detail"]["bucket"]["name"] == bucket
    assert event["detail"]["object"]["key"] == "raw/ratings/a.csv"
    sent_at = datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - sent_at) < timedelta(seconds=15)
    assert uuid.UUID(event["id"]).version == 4


def test_bucket_that_does_not_tell_eventbridge_starts_nothing(
    aws: EmbeddedAws, machines: Machines, bucket: str, put_rule: Callable[..., None]
) -> None:
    machine = machines.create(ECHO)
    put_rule({"Arn": machine, "RoleArn": ROLE_ARN})
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={}
    )

    upload(aws, bucket, "raw/a.csv")

    assert inputs(aws, machine, 1, within=0.5) == []


def test_disabled_rule_starts_nothing(
    aws: EmbeddedAws, machines: Machines, bucket: str, put_rule: Callable[..., None]
) -> None:
    machine = machines.create(ECHO)
    put_rule({"Arn": machine, "RoleArn": ROLE_ARN}, State="DISABLED")

    upload(aws, bucket, "raw/a.csv")

    assert inputs(aws, machine, 1, within=0.5) == []


def test_rule_of_the_clock_is_not_started_by_events(
    aws: EmbeddedAws, machines: Machines, bucket: str, put_rule: Callable[..., None]
) -> None:
    machine = machines.create(ECHO)
    put_rule(
        {"Arn": machine, "RoleArn": ROLE_ARN},
        EventPattern="",
        ScheduleExpression="cron(0 0 1 1 ? 2099)",
    )

    upload(aws, bucket, "raw/a.csv")

    assert inputs(aws, machine, 1, within=0.5) == []


def test_queues_still_get_their_events_beside_machines(
    aws: EmbeddedAws, machines: Machines, bucket: str, put_rule: Callable[..., None]
) -> None:
    machine = machines.create(ECHO)
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    put_rule({"Arn": machine, "RoleArn": ROLE_ARN}, {"Arn": arn["QueueArn"]})

    upload(aws, bucket, "raw/a.csv")

    assert len(inputs(aws, machine, 1)) == 1
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail"]["object"]["key"] == "raw/a.csv"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, {"id": "1", "detail": {"a": 2}}),
        ({"Input": '{"given": true}'}, {"given": True}),
        ({"InputPath": "$.detail"}, {"a": 2}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"a": "$.detail.a"},
                    "InputTemplate": '{"value": <a>}',
                }
            },
            {"value": 2},
        ),
    ],
)
def test_target_gets_what_it_asks_for(target: dict[str, Any], expected: dict[str, Any]) -> None:
    assert json.loads(target_input(target, {"id": "1", "detail": {"a": 2}})) == expected


@pytest.fixture
def debounce(aws: EmbeddedAws) -> Callable[..., str]:
    """Create the project's function, as the stack does."""

    def create(**environment: str) -> str:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("handler.py", Path(str(handler.__file__)).read_text())
        function = aws.client("lambda").create_function(
            FunctionName=f"debounce-{uuid.uuid4()}",
            Runtime="python3.13",
            Handler="handler.lambda_handler",
            Role=ROLE_ARN,
            Code={"ZipFile": buffer.getvalue()},
            Environment={"Variables": environment},
            Timeout=30,
        )
        return str(function["FunctionArn"])

    return create


def test_ten_uploads_start_one_run(
    aws: EmbeddedAws,
    machines: Machines,
    bucket: str,
    put_rule: Callable[..., None],
    debounce: Callable[..., str],
) -> None:
    machine = machines.create(ECHO)
    scheduler = aws.client("scheduler")
    scheduler.create_schedule_group(Name="uploads")
    scheduler.create_schedule(
        Name="after-upload",
        GroupName="uploads",
        ScheduleExpression="at(2099-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine, "RoleArn": ROLE_ARN, "Input": '{"mode": "train"}'},
    )
    put_rule(
        {
            "Arn": debounce(
                SCHEDULE_GROUP="uploads", SCHEDULE_NAME="after-upload", DELAY_MINUTES="30"
            )
        }
    )
    now = datetime.now(UTC)
    clock = [now]
    runner = ScheduleRunner(clock=lambda: clock[0])
    begun = time.monotonic()

    upload(aws, bucket, *(f"raw/ratings/{n}.csv" for n in range(10)))

    assert time.monotonic() - begun < 5  # who uploads does not wait
    due = _settled(timedelta(minutes=29) + now)
    clock[0] = due - timedelta(seconds=1)
    runner.tick()
    assert inputs(aws, machine, 1, within=0) == []
    clock[0] = due
    runner.tick()
    clock[0] = due + timedelta(days=1)
    runner.tick()
    assert inputs(aws, machine, 1) == [{"mode": "train"}]


def _settled(earliest: datetime) -> datetime:
    """Wait until the schedule has a time after `earliest` and keeps it for a second."""
    seen, since = None, time.monotonic()
    for _ in range(300):
        (schedule,) = of_scheduler()
        due = schedule.timing.next_after(earliest)
        if due != seen:
            seen, since = due, time.monotonic()
        if seen and seen.year < 2099 and time.monotonic() - since > 1:
            return seen
        time.sleep(0.1)
    raise AssertionError("uploads did not set the schedule")
