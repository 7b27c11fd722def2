"""Schedules and upload starts as the stack has them, deployed to the embedded AWS."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.node import use_found_node

use_found_node()  # before the CDK is imported

from aws_cdk import App, CfnOutput, Stack  # noqa: E402
from aws_cdk import aws_s3 as s3  # noqa: E402
from aws_cdk import aws_stepfunctions as sfn  # noqa: E402

from embedded_aws.schedules import ScheduleRunner  # noqa: E402
from embedded_aws.schedules.found_schedules import of_scheduler  # noqa: E402
from embedded_aws.server import EmbeddedAws  # noqa: E402
from infra.application import default_context  # noqa: E402
from infra.constructs.encryption import Encryption  # noqa: E402
from infra.constructs.network import Network  # noqa: E402
from infra.constructs.run_schedules import RunSchedules  # noqa: E402
from infra.constructs.start_on_upload import StartOnUpload  # noqa: E402
from infra.run_schedule import RunSchedule, UploadSettings  # noqa: E402
from infra.settings import DeploymentSettings  # noqa: E402

pytestmark = pytest.mark.slow

WEEKLY = RunSchedule(
    name="tune-weekly",
    expression="cron(0 3 ? * SUN *)",
    timezone="Europe/Berlin",
    input={"mode": "tune"},
)


class Clock:
    now = datetime(2031, 1, 4, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def outputs(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Deploy a machine that does nothing, with a schedule and an upload start."""
    folder: Path = tmp_path_factory.mktemp("scheduled")
    app = App(outdir=str(folder), context=default_context(), analytics_reporting=False)
    stack, settings = Stack(app, "Scheduled"), DeploymentSettings(removal_policy="destroy")
    encryption = Encryption(stack, "Encryption", settings=settings)
    machine = sfn.StateMachine(
        stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "P"))
    )
    bucket = s3.Bucket(stack, "Data")
    StartOnUpload(
        stack,
        "StartOnUpload",
        upload=UploadSettings(delay_minutes=20, input={"mode": "train"}),
        bucket=bucket,
        schedules=RunSchedules(
            stack, "Schedules", state_machine=machine, schedules=[WEEKLY], encryption=encryption
        ),
        encryption=encryption,
        network=Network(stack, "Network", settings=settings),
        settings=settings,
    )
    CfnOutput(stack, "Bucket", value=bucket.bucket_name)
    CfnOutput(stack, "MachineArn", value=machine.state_machine_arn)
    app.synth()
    return aws.deploy(folder)


def inputs(aws: EmbeddedAws, machine_arn: str) -> list[object]:
    stepfunctions = aws.client("stepfunctions")
    listed = stepfunctions.list_executions(stateMachineArn=machine_arn)["executions"]
    return [
        json.loads(stepfunctions.describe_execution(executionArn=found["executionArn"])["input"])
        for found in reversed(listed)
    ]


def after_upload() -> datetime | None:
    (found,) = (schedule for schedule in of_scheduler() if schedule.name == "after-upload")
    return found.timing.next_after(datetime.now(UTC))


def test_deployed_schedule_fires_and_uploads_start_one_run(
    aws: EmbeddedAws, outputs: dict[str, str]
) -> None:
    clock = Clock()
    runner = ScheduleRunner(clock=clock)
    runner.tick()
    clock.now = datetime(2031, 1, 5, 2, tzinfo=UTC)  # Sunday, 03:00 in Berlin
    runner.tick()
    assert inputs(aws, outputs["MachineArn"]) == [{"mode": "tune"}]
    # The clock of this runner is years ahead; what follows happens in the present.
    present = Clock()
    present.now = datetime.now(UTC)
    runner = ScheduleRunner(clock=present)

    for number in range(3):
        key = f"raw/ratings/{number}.csv"
        aws.client("s3").put_object(Bucket=outputs["Bucket"], Key=key, Body=b"ratings")
    due = _settled()

    assert timedelta(minutes=19) < due - present.now < timedelta(minutes=21)
    for moment in (due - timedelta(seconds=1), due, due + timedelta(minutes=1)):
        present.now = moment
        runner.tick()
    assert inputs(aws, outputs["MachineArn"]) == [{"mode": "tune"}, {"mode": "train"}]


def _settled() -> datetime:
    """Wait until the uploads have set the schedule, and no more of them does."""
    seen, since = None, time.monotonic()
    for _ in range(300):
        due = after_upload()
        if due != seen:
            seen, since = due, time.monotonic()
        if seen and seen.year < 2099 and time.monotonic() - since > 1.5:
            return seen
        time.sleep(0.1)
    raise AssertionError("uploads did not set the schedule")
