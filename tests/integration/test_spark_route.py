"""The deployed workflow with ratings that Spark prepares: the same run, by another route."""

import json
import time
from typing import Any

import pytest

from console.aws_access import AwsAccess
from console.execution_reference import describe
from console.report import render_report
from console.run_details import gather_details
from console.run_logs import RunLogs
from console.run_record import gather, read_timeline
from embedded_aws.server import EmbeddedAws
from tests.integration.deployed_workflow import FAST, run, start, states_entered

pytest.importorskip("pyspark", reason="needs the dependency group spark: PySpark")
pytest.importorskip("pyarrow", reason="needs the dependency group spark: PyArrow")

pytestmark = pytest.mark.slow

GLUE = {**FAST, "preparation": "glue"}


@pytest.fixture(scope="module")
def access(aws: EmbeddedAws) -> AwsAccess:
    return AwsAccess.embedded(aws.endpoint_url, aws.region)


@pytest.fixture(scope="module")
def prepared_with_spark(aws: EmbeddedAws, stack: dict[str, str]) -> dict[str, Any]:
    execution = run(aws, stack, GLUE)
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    return execution


def products(aws: EmbeddedAws, bucket: str, run_id: str) -> dict[str, bytes]:
    """Read what the preparation of a run wrote, but for the answer that only Spark writes."""
    s3 = aws.client("s3")
    found = {}
    for folder in ("ratings", "recordio"):
        prefix = f"runs/{run_id}/{folder}/"
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            found[entry["Key"].removeprefix(f"runs/{run_id}/")] = body
    found.pop("ratings/prepared.json", None)
    return found


def test_both_routes_end_in_the_same_model(
    aws: EmbeddedAws, stack: dict[str, str], prepared_with_spark: dict[str, Any]
) -> None:
    by_functions = run(aws, stack, FAST)

    spark, functions = (json.loads(e["output"]) for e in (prepared_with_spark, by_functions))
    assert spark["metrics"] == pytest.approx(functions["metrics"], rel=1e-6)
    assert spark["ratings"] == functions["ratings"]
    assert (spark["preparation"]["route"], functions["preparation"]["route"]) == ("glue", "lambda")
    bucket = stack["DataBucketName"]
    assert products(aws, bucket, spark["run_id"]) == products(aws, bucket, functions["run_id"])


def test_the_run_goes_by_spark_and_says_so(
    aws: EmbeddedAws, prepared_with_spark: dict[str, Any], access: AwsAccess
) -> None:
    arn = prepared_with_spark["executionArn"]

    entered = states_entered(aws, arn)
    record = gather(access, arn)
    page = render_report(record, gather_details(access, record))

    assert entered[4:9] == [
        "PreparationRoute",
        "PrepareWithSpark",
        "PreparationCompleted?",
        "ReadPreparation",
        "KeepPreparation",
    ]
    assert not {"Preprocess", "ConvertRecordIO"} & set(entered)
    assert "Spark on Glue: the input says so, for about" in page
    assert record.gaps == []


def test_tuned_runs_go_by_spark_too(aws: EmbeddedAws, stack: dict[str, str]) -> None:
    given = {
        "preparation": "glue",
        "mode": "tune",
        "hyperparameters": {"num_factors": 4, "epochs": 5},
        "tuning": {
            "max_jobs": 2,
            "ranges": {
                "continuous": {"linear_lr": {"min": 0.001, "max": 0.1, "scaling": "Logarithmic"}}
            },
        },
    }

    execution = run(aws, stack, given)

    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    entered = states_entered(aws, execution["executionArn"])
    assert {"PrepareWithSpark", "TuneModel", "DescribeBestTrainingJob"} < set(entered)
    assert json.loads(execution["output"])["preparation"]["route"] == "glue"


def test_the_jobs_log_is_the_steps(
    aws: EmbeddedAws, prepared_with_spark: dict[str, Any], access: AwsAccess
) -> None:
    execution = describe(access, prepared_with_spark["executionArn"])
    timeline = read_timeline(access, execution.arn)

    lines = RunLogs(execution, "PrepareWithSpark").new_lines(timeline)

    assert any('"rows_read": 5000' in line.message for line in lines)
    assert {line.step for line in lines} == {"PrepareWithSpark"}
    (group,) = {
        group["logGroupName"]
        for group in aws.client("logs").describe_log_groups()["logGroups"]
        if group["logGroupName"].endswith("PrepareWithSpark/output")
    }
    assert group.startswith("/aws-glue/VideoRecommender/")


def test_a_failed_job_ends_the_run_with_its_reason(aws: EmbeddedAws, stack: dict[str, str]) -> None:
    given = {**GLUE, "filter": {"min_ratings_per_customer": 50_000}}

    execution = run(aws, stack, given)

    assert execution["status"] == "FAILED"
    assert execution["error"] == "JobFailed"
    cause = execution["cause"]
    assert cause.startswith("PrepareWithSpark failed: EmptyRatingsError: ")
    assert "leaves none" in cause
    assert "PrepareWithSpark$252Foutput" in cause


def test_a_job_that_is_stopped_ends_the_run_and_is_done_again_by_a_redrive(
    aws: EmbeddedAws, stack: dict[str, str]
) -> None:
    glue, stepfunctions = aws.client("glue"), aws.client("stepfunctions")
    (job,) = glue.get_jobs()["Jobs"]
    arn = start(aws, stack, {**GLUE, "allow_concurrent": True})
    wait_until(lambda: runs_in(glue, job["Name"], "RUNNING"))

    (running,) = runs_in(glue, job["Name"], "RUNNING")
    glue.batch_stop_job_run(JobName=job["Name"], JobRunIds=[running["Id"]])
    wait_until(lambda: stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING")

    ended = stepfunctions.describe_execution(executionArn=arn)
    assert (ended["status"], ended["error"]) == ("FAILED", "JobNotCompleted")
    stepfunctions.redrive_execution(executionArn=arn)
    wait_until(lambda: stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING")
    assert stepfunctions.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"


def test_an_execution_that_is_stopped_stops_its_job(
    aws: EmbeddedAws, stack: dict[str, str]
) -> None:
    glue = aws.client("glue")
    (job,) = glue.get_jobs()["Jobs"]
    arn = start(aws, stack, {**GLUE, "allow_concurrent": True})
    wait_until(lambda: runs_in(glue, job["Name"], "RUNNING"))

    aws.client("stepfunctions").stop_execution(executionArn=arn)

    wait_until(lambda: not runs_in(glue, job["Name"], "RUNNING", "STOPPING"))


def runs_in(glue: Any, name: str, *states: str) -> list[dict[str, Any]]:
    runs = glue.get_job_runs(JobName=name)["JobRuns"]
    return [each for each in runs if each["JobRunState"] in states]


def wait_until(holds: Any, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
