"""The CDK CLI and the AWS CLI against ``recommender serve``, with the lines that it prints.

The CLI is the real one, in the version that the Makefile pins. What it deploys is synthesized by
``python app.py``, so the layers are not built: their wheels are some hundred MiB of downloads, and
the embedded AWS runs functions with the packages of the project's own environment. The layers
themselves are tested in ``tests/infrastructure/test_function_packages.py``.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.conftest import PROJECT_ROOT

pytestmark = pytest.mark.slow

AWS_CLI = Path(sys.executable).with_name("aws")
ENVIRONMENT = "aws://123456789012/us-east-1"
STACK = "VideoRecommender"
# The defaults are made for more ratings than are generated here.
INPUT = {
    "hyperparameters": {
        "num_factors": 4,
        "epochs": 20,
        "factors_lr": 0.01,
        "linear_lr": 0.02,
        "factors_init_sigma": 0.1,
    }
}


@dataclass(frozen=True)
class Shell:
    """A shell into which somebody has pasted what ``recommender serve`` printed."""

    environment: dict[str, str]
    clients: dict[str, Any] = field(default_factory=dict)

    def cdk(self, *arguments: str, exit_code: int = 0) -> str:
        """Run the pinned CDK CLI as the Makefile does; return what it says."""
        pinned = re.search(r"^CDK_CLI := (\S+)$", (PROJECT_ROOT / "Makefile").read_text(), re.M)
        assert pinned is not None
        command = ["-m", "infra.node", "npx", "--yes", pinned[1], *arguments, "--no-notices"]
        return self._run([sys.executable, *command], exit_code)

    def aws(self, *arguments: str) -> dict:
        out = self._run([str(AWS_CLI), *arguments, "--output", "json"], 0)
        return json.loads(out) if out.strip() else {}

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                endpoint_url=self.environment["AWS_ENDPOINT_URL"],
                region_name=self.environment["AWS_DEFAULT_REGION"],
                aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
                config=Config(s3={"addressing_style": "path"}),
            )
        return self.clients[service]

    def inventory(self) -> dict[str, set[str]]:
        """Everything that there is in the account, as far as a stack may have made it."""
        paths = {
            ("cloudformation", "list_exports", "Exports", "Name"),
            ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
            ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
            ("events", "list_rules", "Rules", "Name"),
            ("iam", "list_policies", "Policies", "Arn"),
            ("iam", "list_roles", "Roles", "RoleName"),
            ("kms", "list_keys", "Keys", "KeyId"),
            ("lambda", "list_functions", "Functions", "FunctionName"),
            ("lambda", "list_layers", "Layers", "LayerName"),
            ("logs", "describe_log_groups", "logGroups", "logGroupName"),
            ("s3", "list_buckets", "Buckets", "Name"),
            ("scheduler", "list_schedules", "Schedules", "Arn"),
            ("sns", "list_topics", "Topics", "TopicArn"),
            ("stepfunctions", "list_state_machines", "stateMachines", "stateMachineArn"),
        }
        found = {}
        for service, operation, items, key in paths:
            scope = {"Scope": "Local"} if operation == "list_policies" else {}
            answer = getattr(self.client(service), operation)(**scope)
            # SageMaker makes the log groups of its jobs; no stack deletes them, on AWS neither.
            found[f"{service} {items}"] = {
                item[key]
                for item in answer.get(items, [])
                if not item[key].startswith("/aws/sagemaker/")
            }
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        return {**found, "stacks": {stack["StackName"] for stack in stacks}}

    def _run(self, command: list[str], exit_code: int) -> str:
        completed = subprocess.run(
            command,
            cwd=PROJECT_ROOT,
            env={**self.environment, "CDK_DISABLE_CLI_TELEMETRY": "true", "CI": "true"},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        said = completed.stdout + completed.stderr
        assert completed.returncode == exit_code, said
        return completed.stdout if command[0] == str(AWS_CLI) else said


@pytest.fixture
def shell(start_process, workspace, ratings_file, assembly) -> Iterator[Shell]:
    server = start_process(
        "serve", "--port", "0", "--data", str(ratings_file), "--assembly", str(assembly), "--quiet"
    )
    lines = []
    for line in server.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    told = dict(re.findall(r"(AWS_\w+)=(\S+)", "".join(lines)))
    pasted = Shell(workspace.environment(**told))
    yield pasted
    for client in pasted.clients.values():
        client.close()


def synthesize(folder: Path, **settings: object) -> Path:
    context = json.dumps({"settings": settings})
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": context},
        check=True,
        capture_output=True,
        timeout=180,
    )
    return folder


def test_stack_lives_and_leaves_nothing(shell, workspace, ratings_file, assembly, tmp_path) -> None:
    """From `cdk bootstrap` to `cdk destroy`; the default keeps the data, the setting does not."""
    assert "bootstrapped" in shell.cdk("bootstrap", ENVIRONMENT)  # runs app.py as well

    served = bucket_of(shell)
    assert "destroyed" in shell.cdk("destroy", "--force", "--app", str(assembly))
    left = shell.inventory()
    assert left["stacks"] == {"CDKToolkit"}
    assert left["lambda Functions"] == left["stepfunctions stateMachines"] == set()
    assert not [role for role in left["iam Roles"] if role.startswith(STACK)]
    kept = shell.client("s3").list_objects_v2(Bucket=served)["Contents"]
    assert [item["Key"] for item in kept if item["Key"].startswith("raw/ratings/")]

    first = synthesize(tmp_path / "first", removal_policy="destroy")
    outputs = tmp_path / "outputs.json"
    shell.cdk("deploy", "--app", str(first), "--require-approval", "never",
              "--outputs-file", str(outputs))  # fmt: skip
    made = json.loads(outputs.read_text())[STACK]

    run(shell, made, ratings_file)
    objects = shell.client("s3").list_objects_v2(Bucket=made["DataBucketName"])["Contents"]
    assert [item["Key"] for item in objects if item["Key"].endswith("model.tar.gz")]

    second = synthesize(
        tmp_path / "second", removal_policy="destroy", log_retention_days=7, tags={"team": "video"}
    )
    said = shell.cdk("diff", "--fail", "--app", str(second), exit_code=1)
    assert "create a read-only change set" in said
    assert "RetentionInDays" in said
    shell.cdk("deploy", "--app", str(second), "--require-approval", "never")
    assert retentions(shell) == {7}
    tags = shell.client("s3").get_bucket_tagging(Bucket=made["DataBucketName"])["TagSet"]
    assert {"Key": "team", "Value": "video"} in tags
    assert bucket_of(shell) == made["DataBucketName"]
    said = shell.cdk("deploy", "--app", str(second), "--require-approval", "never")
    assert "(no changes)" in said

    shell.cdk("deploy", "--app", str(first), "--require-approval", "never", "--method", "direct")
    assert retentions(shell) == {30}

    shell.cdk("destroy", "--force", "--app", str(first))
    assert shell.inventory() == left


def bucket_of(shell: Shell) -> str:
    stack = shell.aws("cloudformation", "describe-stacks", "--stack-name", STACK)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return str(outputs["DataBucketName"])


def retentions(shell: Shell) -> set[int]:
    """Retention of the log groups that the stack has now."""
    cloudformation, logs = shell.client("cloudformation"), shell.client("logs")
    resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    names = [
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::Logs::LogGroup"
    ]
    assert names
    return {
        logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["retentionInDays"]
        for name in names
    }


def run(shell: Shell, outputs: dict[str, str], ratings_file: Path) -> None:
    """Upload ratings and run the workflow, all by the AWS CLI."""
    shell.aws("s3api", "put-object", "--bucket", outputs["DataBucketName"],
              "--key", "raw/ratings/ratings.csv", "--body", str(ratings_file))  # fmt: skip
    started = shell.aws("stepfunctions", "start-execution", "--state-machine-arn",
                        outputs["StateMachineArn"], "--input", json.dumps(INPUT))  # fmt: skip
    client = shell.client("stepfunctions")
    deadline = time.monotonic() + 100
    while True:
        execution = client.describe_execution(executionArn=started["executionArn"])
        if execution["status"] != "RUNNING":
            break
        assert time.monotonic() < deadline, "the execution takes too long"
        time.sleep(0.2)
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
