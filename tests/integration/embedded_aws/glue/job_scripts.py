"""Jobs of small scripts in the embedded S3."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN

BUCKET = "glue-code"
PATIENCE_SECONDS = 300.0  # on a machine that has other things to do
ENDED = ("STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT")
SLEEPER = "import time\nprint('asleep', flush=True)\ntime.sleep(60)"


@dataclass
class Jobs:
    """Makes jobs and follows their runs."""

    aws: EmbeddedAws

    @property
    def glue(self) -> Any:
        return self.aws.client("glue")

    def put(self, key: str, body: bytes) -> str:
        self.aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def put_zip(self, key: str, files: Mapping[str, str]) -> str:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return self.put(key, buffer.getvalue())

    def create(self, script: str, *, role: str = ROLE_ARN, **settings: Any) -> str:
        name = f"job-{uuid.uuid4()}"
        self.glue.create_job(
            Name=name,
            Role=role,
            Command=command(self.put(f"{name}.py", script.encode())),
            **{"GlueVersion": "5.0", "WorkerType": "G.1X", "NumberOfWorkers": 2, **settings},
        )
        return name

    def start(self, name: str, **request: Any) -> str:
        return str(self.glue.start_job_run(JobName=name, **request)["JobRunId"])

    def describe(self, name: str, run_id: str) -> dict[str, Any]:
        run: dict[str, Any] = self.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        return run

    def wait(self, name: str, run_id: str, states: tuple[str, ...] = ENDED) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            run = self.describe(name, run_id)
            if run["JobRunState"] in states:
                return run
            time.sleep(0.03)
        raise AssertionError(f"{run_id} is in none of {states}")

    def run(
        self, script: str, *, arguments: Mapping[str, str] | None = None, **settings: Any
    ) -> dict[str, Any]:
        name = self.create(script, **settings)
        return self.wait(name, self.start(name, Arguments=dict(arguments or {})))

    def newest_run(self, name: str) -> dict[str, Any]:
        """Wait for a job's first run, or return the latest."""
        for _ in range(1000):
            runs = self.glue.get_job_runs(JobName=name)["JobRuns"]
            if runs:
                newest: dict[str, Any] = runs[0]
                return newest
            time.sleep(0.03)
        raise AssertionError(f"no run of {name}")

    def lines(self, run: Mapping[str, Any], kind: str) -> list[str]:
        """Lines of a run's log; none if it has no stream."""
        logs = self.aws.client("logs")
        group = f"/aws-glue/jobs/{kind}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=run["Id"])
        if not streams["logStreams"]:
            return []
        events = logs.get_log_events(logGroupName=group, logStreamName=run["Id"])["events"]
        return [event["message"] for event in events]

    def wait_for_line(self, run_id: str, line: str) -> None:
        for _ in range(1000):
            if line in self.lines({"Id": run_id}, "output"):
                return
            time.sleep(0.03)
        raise AssertionError(f"{run_id} does not print {line!r}")


def command(script_uri: str) -> dict[str, str]:
    return {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": script_uri}


def make_role(
    aws: EmbeddedAws, *statements: Mapping[str, Any], service: str = "glue", managed: str = ""
) -> str:
    """Make a role that a service may assume, and return its ARN."""
    name, iam = f"role-{uuid.uuid4().hex[:8]}", aws.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    if managed:
        iam.attach_role_policy(RoleName=name, PolicyArn=managed)
    return str(arn)


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(action: Any, resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}
