"""A failed run goes on at the step that failed, and a stopped one where it was stopped."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from embedded_aws.server import EmbeddedAws
from tests.integration.deployed_workflow import (
    FAST,
    LONG,
    run,
    sagemaker_jobs_running,
    start,
    states_entered,
)
from tests.integration.embedded_aws.conftest import Machines
from tests.waiting import wait_until

DENIAL = "denial"


@contextmanager
def jobs_may_not_read(aws: EmbeddedAws) -> Iterator[None]:
    """Take a permission from the role of SageMaker's jobs for a while."""
    iam = aws.client("iam")
    (role,) = (
        role["RoleName"]
        for role in iam.list_roles()["Roles"]
        if "SageMakerExecution" in role["RoleName"]
    )
    statement = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=role, PolicyName=DENIAL, PolicyDocument=policy)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName=DENIAL)


def redrive(aws: EmbeddedAws, execution: dict[str, Any]) -> dict[str, Any]:
    aws.client("stepfunctions").redrive_execution(executionArn=execution["executionArn"])
    return Machines(aws).wait(execution["executionArn"])


def test_a_redrive_goes_on_at_the_step_that_failed_under_a_new_name(
    aws: EmbeddedAws, stack: dict[str, str]
) -> None:
    with jobs_may_not_read(aws):
        failed = run(aws, stack, FAST)
        assert failed["error"] == "JobFailed"
        what, to_do, *links = failed["cause"].splitlines()
        assert what.startswith("TrainModel failed: ClientError: Data download failed")
        assert to_do.startswith("What to do: ")
        assert [link.partition(": ")[0] for link in links] == ["Job", "Log"]
        assert redrive(aws, failed)["error"] == "JobFailed"

    execution = redrive(aws, failed)

    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    assert execution["redriveCount"] == 2
    entered = states_entered(aws, execution["executionArn"])
    for done_once in ("ResolveRun", "Preprocess", "ConvertRecordIO", "CreateModel", "Evaluate"):
        assert entered.count(done_once) == 1, done_once
    assert entered.count("ClaimRun") == 3  # another run may have begun in between
    output = json.loads(execution["output"])
    jobs = aws.client("sagemaker").list_training_jobs(NameContains=output["run_id"])
    assert {
        job["TrainingJobName"].removeprefix(output["run_id"]): job["TrainingJobStatus"]
        for job in jobs["TrainingJobSummaries"]
    } == {"-0-0-0": "Failed", "-1-0-0": "Failed", "-2-0-0": "Completed"}
    assert output["model"]["training_job_name"] == f"{output['run_id']}-2-0-0"


def test_a_run_without_data_goes_on_when_there_is_some(
    aws: EmbeddedAws, stack: dict[str, str]
) -> None:
    key = "raw/later/reviews.tsv"
    failed = run(aws, stack, {**FAST, "dataset": {"uri": key}})
    assert (failed["error"], failed["cause"].partition(":")[0]) == (
        "InvalidInputError",
        "ResolveRun failed",
    )
    s3, bucket = aws.client("s3"), stack["DataBucketName"]
    s3.copy({"Bucket": bucket, "Key": "raw/ratings/reviews.tsv"}, bucket, key)

    execution = redrive(aws, failed)

    assert execution["status"] == "SUCCEEDED", execution.get("cause")


def test_a_stopped_run_leaves_no_job_and_is_redriven_where_it_stopped(
    aws: EmbeddedAws, stack: dict[str, str]
) -> None:
    stepfunctions = aws.client("stepfunctions")
    arn = start(aws, stack, LONG)
    wait_until(lambda: sagemaker_jobs_running(aws), seconds=60)
    assert sagemaker_jobs_running(aws) == 1

    stepfunctions.stop_execution(executionArn=arn)
    stopped = Machines(aws).wait(arn)

    assert stopped["status"] == "ABORTED"
    wait_until(lambda: sagemaker_jobs_running(aws) == 0, seconds=10)
    jobs = aws.client("sagemaker").list_training_jobs(SortBy="CreationTime", SortOrder="Descending")
    job = jobs["TrainingJobSummaries"][0]
    assert job["TrainingJobStatus"] == "Stopped"

    stepfunctions.redrive_execution(executionArn=arn)
    wait_until(lambda: sagemaker_jobs_running(aws))
    jobs = aws.client("sagemaker").list_training_jobs(StatusEquals="InProgress")
    (again,) = (job["TrainingJobName"] for job in jobs["TrainingJobSummaries"])
    assert again == job["TrainingJobName"].removesuffix("-0-0-0") + "-1-0-0"
    stepfunctions.stop_execution(executionArn=arn)
    assert Machines(aws).wait(arn)["status"] == "ABORTED"
    assert states_entered(aws, arn).count("Preprocess") == 1
