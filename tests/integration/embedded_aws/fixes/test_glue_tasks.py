"""Canary of ``embedded_aws.fixes.glue_service`` and ``glue_tasks``: tasks wait for jobs' runs."""

from __future__ import annotations

import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import Machines, task, wait_for_event
from tests.integration.embedded_aws.glue.job_scripts import (
    BUCKET,
    SLEEPER,
    Jobs,
    allow,
    make_role,
)

SYNC = "arn:aws:states:::glue:startJobRun.sync"


@pytest.fixture(scope="module")
def jobs(aws: EmbeddedAws) -> Jobs:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    return Jobs(aws)


def test_operation_that_is_not_offered_is_refused_by_name(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match=r"\(UnsupportedInEmbeddedAws\).*Glue's GetDatabases"):
        aws.client("glue").get_databases()


def test_output_is_the_job_run(jobs: Jobs, machines: Machines) -> None:
    name = jobs.create("import sys; print(sys.argv[sys.argv.index('--request') + 1])")
    arguments = {"--request.$": "States.JsonToString($.request)"}

    output = machines.output(
        task(SYNC, {"JobName": name, "Arguments": arguments}), {"request": {"seed": 1}}
    )

    assert (output["JobName"], output["JobRunState"]) == (name, "SUCCEEDED")
    assert output["Arguments"] == {"--request": '{"seed":1}'}
    assert output["PredecessorRuns"] == []
    assert abs(output["CompletedOn"] / 1000 - time.time()) < 600  # epoch milliseconds
    assert jobs.lines(output, "output") == ['{"seed":1}']


def test_request_response_gives_name_and_id(jobs: Jobs, machines: Machines) -> None:
    name = jobs.create("")

    output = machines.output(task(SYNC.removesuffix(".sync"), {"JobName": name}))

    assert output == {"JobName": name, "JobRunId": jobs.newest_run(name)["Id"]}


def test_failed_run_is_the_cause(jobs: Jobs, machines: Machines) -> None:
    name = jobs.create("raise ValueError('no good')")

    execution = machines.run(task(SYNC, {"JobName": name}))

    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(execution["cause"])
    assert (cause["JobRunState"], cause["ErrorMessage"]) == ("FAILED", "ValueError: no good")
    assert cause["Id"] == jobs.newest_run(name)["Id"]
    assert isinstance(cause["StartedOn"], int)


def test_stopped_run_is_no_success(jobs: Jobs, machines: Machines) -> None:
    name = jobs.create(SLEEPER)
    arn = machines.start(task(SYNC, {"JobName": name}))
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[jobs.newest_run(name)["Id"]])

    execution = machines.wait(arn)

    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(execution["cause"])["JobRunState"] == "STOPPED"


def test_aborted_and_timed_out_tasks_stop_their_runs(jobs: Jobs, machines: Machines) -> None:
    aborted, late = jobs.create(SLEEPER), jobs.create(SLEEPER)
    arn = machines.start(task(SYNC, {"JobName": aborted}))
    run_id = jobs.newest_run(aborted)["Id"]
    machines.aws.client("stepfunctions").stop_execution(executionArn=arn)

    execution = machines.run(task(SYNC, {"JobName": late}, TimeoutSeconds=1))

    assert (execution["status"], execution["error"]) == ("FAILED", "States.Timeout")
    assert jobs.wait(aborted, run_id)["JobRunState"] == "STOPPED"
    assert jobs.wait(late, jobs.newest_run(late)["Id"])["JobRunState"] == "STOPPED"


def test_redriven_execution_starts_another_run(jobs: Jobs, machines: Machines) -> None:
    name = jobs.create(
        "import boto3, sys\n"
        f"boto3.client('s3').get_object(Bucket='{BUCKET}', Key=sys.argv[0].split('/')[-1] + '.in')"
    )
    arn = machines.start(task(SYNC, {"JobName": name}))
    assert machines.wait(arn)["status"] == "FAILED"
    jobs.put(f"{name}.py.in", b"")

    machines.aws.client("stepfunctions").redrive_execution(executionArn=arn)

    assert machines.wait(arn)["status"] == "SUCCEEDED"
    states = [run["JobRunState"] for run in jobs.glue.get_job_runs(JobName=name)["JobRuns"]]
    assert states == ["SUCCEEDED", "FAILED"]


def test_errors_of_the_api_have_the_integrations_names(jobs: Jobs, machines: Machines) -> None:
    missing = machines.run(task(SYNC, {"JobName": "none"}))
    unknown = machines.run(task(SYNC, {"JobName": "none", "Color": "red"}))
    name = jobs.create("")
    unsupported = machines.run(task(SYNC, {"JobName": name, "JobRunQueuingEnabled": True}))

    assert missing["error"] == "Glue.EntityNotFoundException"
    assert missing["cause"].startswith(
        "Failed to start job run due to missing metadata (Service: AWSGlue; Status Code: 400; "
        "Error Code: EntityNotFoundException; Request ID: "
    )
    assert unknown["error"] == "States.Runtime"
    assert '"Color" is not supported' in unknown["cause"]
    assert unsupported["error"] == "Glue.AWSGlueException"
    assert "Error Code: UnsupportedInEmbeddedAws" in unsupported["cause"]


def test_concurrent_runs_can_be_retried(jobs: Jobs, machines: Machines) -> None:
    name = jobs.create(
        "import boto3, sys, time\n"
        "released = sys.argv[0].split('/')[-1] + '.released'\n"
        f"asked = {{'Bucket': '{BUCKET}', 'Prefix': released}}\n"
        "while not boto3.client('s3').list_objects_v2(**asked)['KeyCount']:\n"
        "    time.sleep(0.1)"
    )
    jobs.start(name)
    error = "Glue.ConcurrentRunsExceededException"
    retry = [{"ErrorEquals": [error], "IntervalSeconds": 1, "MaxAttempts": 300, "BackoffRate": 1}]

    refused = machines.run(task(SYNC, {"JobName": name}))
    retried = machines.start(task(SYNC, {"JobName": name}, Retry=retry))
    wait_for_event(machines.aws, retried, "TaskFailed", seconds=60)
    jobs.put(f"{name}.py.released", b"")

    assert refused["error"] == error
    assert machines.wait(retried)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("missing", ["glue:StartJobRun", "glue:GetJobRun"])
def test_missing_permission_of_the_state_machine(
    aws: EmbeddedAws, jobs: Jobs, machines: Machines, missing: str
) -> None:
    name = jobs.create("")
    arn = f"arn:aws:glue:us-east-1:123456789012:job/{name}"
    actions = {"glue:StartJobRun", "glue:GetJobRun", "glue:BatchStopJobRun"} - {missing}
    role = make_role(aws, allow(sorted(actions), arn), service="states")
    client = aws.client("stepfunctions")
    machine = client.create_state_machine(
        name=f"machine-{uuid.uuid4()}",
        definition=json.dumps(task(SYNC, {"JobName": name})),
        roleArn=role,
    )["stateMachineArn"]

    execution = machines.wait(client.start_execution(stateMachineArn=machine)["executionArn"])

    assert (execution["status"], execution["error"]) == ("FAILED", "Glue.AccessDeniedException")
    assert f"is not authorized to perform: {missing} on resource: {arn}" in execution["cause"]
