"""Runs of jobs: the script really runs, as the job's role, from what is in S3 only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws import spark_runtime
from embedded_aws.glue import job_run
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN
from tests.integration.embedded_aws.glue.job_scripts import (
    BUCKET,
    SLEEPER,
    Jobs,
    allow,
    make_role,
)

LOGGING = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_script_gets_the_arguments_and_the_modules_of_the_job(jobs: Jobs) -> None:
    modules = jobs.put_zip("modules.zip", {"first_party/__init__.py": "NAME = 'first'"})
    single = jobs.put("single_module.py", b"NAME = 'second'")
    script = (
        "import json, sys\nimport first_party, single_module\n"
        "print(json.dumps([first_party.NAME, single_module.NAME, sys.argv]))"
    )

    run = jobs.run(
        script,
        arguments={"--request": '{"a": "b c"}', "--fixed": "of the run"},
        DefaultArguments={
            "--extra-py-files": f"{modules},{single}",
            "--request": "default",
            "--data_bucket": "data",
            "--enable-metrics": "",
        },
        NonOverridableArguments={"--fixed": "of the job"},
    )

    assert run["JobRunState"] == "SUCCEEDED"
    assert "ErrorMessage" not in run
    assert run["Arguments"] == {"--request": '{"a": "b c"}', "--fixed": "of the run"}
    assert (run["Attempt"], run["LogGroupName"]) == (0, "/aws-glue/jobs")
    assert (run["WorkerType"], run["MaxCapacity"], run["Timeout"]) == ("G.1X", 2.0, 480)
    assert run["StartedOn"] <= run["CompletedOn"]
    (line,) = jobs.lines(run, "output")
    *names, argv = json.loads(line)
    assert names == ["first", "second"]
    values = dict(zip(argv[1::2], argv[2::2], strict=True))
    job_id = values.pop("--JOB_ID")
    assert job_id.startswith("j_")
    assert values == {
        "--extra-py-files": f"{modules},{single}",
        "--request": '{"a": "b c"}',
        "--data_bucket": "data",
        "--enable-metrics": "",
        "--fixed": "of the job",
        "--JOB_NAME": run["JobName"],
        "--JOB_RUN_ID": run["Id"],
    }


@pytest.mark.parametrize("module", ["recommender", "spark", "embedded_aws"])
def test_what_is_not_in_the_modules_is_missing(jobs: Jobs, module: str) -> None:
    run = jobs.run(f"import {module}")

    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == f"ModuleNotFoundError: No module named '{module}'"


def test_modules_are_this_environments(jobs: Jobs) -> None:
    run = jobs.run(
        "import numpy; print(numpy.__name__)",
        DefaultArguments={"--additional-python-modules": "s3://b/requirements.txt"},
    )

    said, name = jobs.lines(run, "output")
    assert "does not install --additional-python-modules (s3://b/requirements.txt)" in said
    assert name == "numpy"


def test_uncaught_exception_is_the_error_message(jobs: Jobs) -> None:
    run = jobs.run("def work():\n    raise ValueError('no <b>good</b>\\nat all')\nwork()")

    assert (run["JobRunState"], run["ErrorMessage"]) == (
        "FAILED",
        "ValueError: no <b>good</b>\nat all",
    )
    errors = jobs.lines(run, "error")
    assert errors[0] == "Traceback (most recent call last):"
    assert "line 3, in <module>" in errors[1]
    assert "runpy" not in "".join(errors)


@pytest.mark.parametrize(
    ("ending", "state", "message"),
    [
        ("sys.exit(0)", "SUCCEEDED", None),
        ("sys.exit()", "SUCCEEDED", None),
        ("sys.exit(3)", "FAILED", "SystemExit: 3"),
        ("sys.exit('enough')", "FAILED", "SystemExit: enough"),
        ("os._exit(7)", "FAILED", "Command failed with exit code 7"),
        ("os.kill(os.getpid(), 9)", "FAILED", "Command failed with exit code 137"),
    ],
)
def test_exit_of_the_process(jobs: Jobs, ending: str, state: str, message: str | None) -> None:
    run = jobs.run(f"import os, sys\n{ending}")

    assert (run["JobRunState"], run.get("ErrorMessage")) == (state, message)


def test_stopped_run(jobs: Jobs) -> None:
    name = jobs.create(SLEEPER)
    run_id = jobs.start(name)
    jobs.wait_for_line(run_id, "asleep")

    answer = jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_0"])

    assert answer["SuccessfulSubmissions"] == [{"JobName": name, "JobRunId": run_id}]
    (error,) = answer["Errors"]
    assert (error["JobRunId"], error["ErrorDetail"]["ErrorCode"]) == (
        "jr_0",
        "EntityNotFoundException",
    )
    assert jobs.wait(name, run_id)["JobRunState"] == "STOPPED"
    (again,) = jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])["Errors"]
    assert again["ErrorDetail"]["ErrorCode"] == "JobRunInTerminalStateException"


def test_run_out_of_time(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_run, "_MINUTE_SECONDS", 0.3)

    run = jobs.run(SLEEPER, Timeout=1, MaxRetries=1)

    assert (run["JobRunState"], run["Timeout"]) == ("TIMEOUT", 1)
    assert len(jobs.glue.get_job_runs(JobName=run["JobName"])["JobRuns"]) == 1


def test_concurrent_runs(jobs: Jobs) -> None:
    name = jobs.create(SLEEPER, ExecutionProperty={"MaxConcurrentRuns": 2})
    run_ids = [jobs.start(name), jobs.start(name)]

    assert refusal(jobs.glue.start_job_run, JobName=name) == (
        "ConcurrentRunsExceededException",
        f"Concurrent runs exceeded for {name}",
    )
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=run_ids[:1])
    jobs.wait(name, run_ids[0])
    run_ids.append(jobs.start(name))
    newest_first = [run["Id"] for run in jobs.glue.get_job_runs(JobName=name)["JobRuns"]]
    assert newest_first == run_ids[::-1]
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=run_ids[1:])


def test_failed_run_is_tried_again(jobs: Jobs) -> None:
    run = jobs.run("raise ValueError", MaxRetries=2)

    second = jobs.wait(run["JobName"], f"{run['Id']}_attempt_1")
    third = jobs.wait(run["JobName"], f"{run['Id']}_attempt_2")
    assert [r["Attempt"] for r in (run, second, third)] == [0, 1, 2]
    assert [second["PreviousRunId"], third["PreviousRunId"]] == [run["Id"], second["Id"]]
    assert {r["JobRunState"] for r in (run, second, third)} == {"FAILED"}
    assert len(jobs.glue.get_job_runs(JobName=run["JobName"])["JobRuns"]) == 3


def test_run_acts_as_the_jobs_role(aws: EmbeddedAws, jobs: Jobs) -> None:
    reading = allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*.py")
    role = make_role(aws, reading, managed=LOGGING)
    jobs.put("ratings.csv", b"1,2")

    run = jobs.run(
        "import boto3\n"
        "print(boto3.client('sts').get_caller_identity()['Arn'])\n"
        f"boto3.client('s3').get_object(Bucket='{BUCKET}', Key='ratings.csv')",
        role=role.rpartition("/")[2],
    )

    (arn,) = jobs.lines(run, "output")  # written by the permissions of the managed policy
    assert arn.endswith("/GlueJobRunnerSession")
    assert run["ErrorMessage"].startswith("AccessDenied: An error occurred (AccessDenied)")
    assert f"{arn} is not authorized to perform: s3:GetObject" in run["ErrorMessage"]


def test_role_without_permissions(aws: EmbeddedAws, jobs: Jobs) -> None:
    run = jobs.run("print(1)", role=make_role(aws))

    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith(
        f"LAUNCH ERROR | Error downloading from S3 for bucket: {BUCKET}, key: {run['JobName']}.py."
    )
    assert "s3:GetObject" in run["ErrorMessage"]


def test_role_that_may_not_log_runs_without_a_log(aws: EmbeddedAws, jobs: Jobs) -> None:
    run = jobs.run("print(1)", role=make_role(aws, allow("s3:GetObject", "*")))

    assert run["JobRunState"] == "SUCCEEDED"
    assert jobs.lines(run, "output") == []


def test_log_groups_of_the_jobs_own(aws: EmbeddedAws, jobs: Jobs) -> None:
    logs = allow("logs:*", "arn:aws:logs:*:*:log-group:/aws-glue/own/job/*")
    role = make_role(aws, allow("s3:GetObject", "*"), logs)

    run = jobs.run(
        "import sys\nprint(1)\nprint(2, file=sys.stderr)",
        role=role,
        DefaultArguments={"--custom-logGroup-prefix": "/aws-glue/own/job"},
    )

    assert run["LogGroupName"] == "/aws-glue/own/job"
    for kind, line in (("output", "1"), ("error", "2")):
        (event,) = aws.client("logs").get_log_events(
            logGroupName=f"/aws-glue/own/job/{kind}", logStreamName=run["Id"]
        )["events"]
        assert event["message"] == line
    assert jobs.lines(run, "output") == []


def test_missing_module_file(jobs: Jobs) -> None:
    run = jobs.run("", DefaultArguments={"--extra-py-files": f"s3://{BUCKET}/none.zip"})

    assert f"bucket: {BUCKET}, key: none.zip. NoSuchKey" in run["ErrorMessage"]


def test_without_java_runs_are_refused(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = jobs.create("print(1)")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(spark_runtime.util, "find_spec", lambda _: None)

    assert refusal(jobs.glue.start_job_run, JobName=name) == (
        "UnsupportedInEmbeddedAws",
        f"Glue job runs need Spark here. PySpark is not installed; {tmp_path}/bin/java (by "
        "JAVA_HOME) does not start: run make spark; install Java 17 by the system's package "
        'manager, and set JAVA_HOME to its folder; or start with "preparation": "lambda"',
    )


def test_nothing_of_a_run_is_left(jobs: Jobs) -> None:
    run = jobs.run("import os, tempfile\ntempfile.mkstemp()\nprint(os.getcwd())")

    (folder,) = jobs.lines(run, "output")
    assert not Path(folder).parent.exists()


def test_role_that_does_not_trust_glue(aws: EmbeddedAws, jobs: Jobs) -> None:
    role = make_role(aws, service="lambda")

    with pytest.raises(ClientError, match=rf"\(InvalidInputException\).*Role {role} should be"):
        jobs.create("", role=role)


def test_run_keeps_its_jobs_old_definition(jobs: Jobs) -> None:
    name = jobs.create("import time; time.sleep(0.2); print('first')")
    run_id = jobs.start(name)
    command = {**jobs.glue.get_job(JobName=name)["Job"]["Command"]}
    command["ScriptLocation"] = jobs.put("second.py", b"print('second')")
    jobs.glue.update_job(
        JobName=name, JobUpdate={"Role": ROLE_ARN, "Command": command, "GlueVersion": "5.0"}
    )

    assert jobs.lines(jobs.wait(name, run_id), "output") == ["first"]
    assert jobs.lines(jobs.wait(name, jobs.start(name)), "output") == ["second"]
