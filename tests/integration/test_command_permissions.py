"""docs/security.md lists the permissions that each command needs; AWS is asked for nothing else."""

import re
from collections.abc import Callable
from pathlib import Path

import botocore.client
import pytest
from click.testing import CliRunner

from console.main import main
from embedded_aws.server import EmbeddedAws
from tests.integration.deployed_workflow import FAST, start
from tests.integration.embedded_aws.conftest import Machines

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "security.md"
# IAM's names where they are others (Service Authorization Reference).
SERVICES = {"sfn": "states"}
OPERATIONS = {"ListObjectsV2": "ListBucket", "HeadObject": "GetObject"}

Recorder = Callable[..., set[str]]


def listed() -> dict[str, str]:
    """Give the permissions of each row, by what its first cell names."""
    section = DOCUMENT.read_text().partition("### What each command needs")[2].partition("**")[0]
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", section, re.MULTILINE)
    return {name: cell for names, cell in rows for name in re.findall(r"`([^`]+)`", names)}


def allowed(*names: str) -> set[str]:
    """Give the permissions of rows, and of those that they refer to."""
    table, found, todo = listed(), {"cloudformation:DescribeStacks"}, list(names)
    while todo:
        cell = table[todo.pop()]
        found |= set(re.findall(r"`([a-z0-9]+:[A-Za-z]+)`", cell))
        todo += re.findall(r"\bas `([a-z ]+)`", cell)
    return found


@pytest.fixture
def asked(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recorder:
    """Run a command; give what AWS was asked for, by IAM's names."""
    calls: set[str] = set()
    original = botocore.client.BaseClient._make_api_call

    def record(client, operation, parameters):
        # The embedded AWS calls functions and services in this process, too.
        if client.meta.config.user_agent_extra != "recommender":
            return original(client, operation, parameters)
        service = client.meta.service_model.service_id.lower()
        calls.add(
            f"{SERVICES.get(service, service.split()[-1])}:{OPERATIONS.get(operation, operation)}"
        )
        return original(client, operation, parameters)

    def run(*arguments: str, exit_code: int = 0) -> set[str]:
        calls.clear()
        with monkeypatch.context() as patched:
            patched.setattr(botocore.client.BaseClient, "_make_api_call", record)
            result = CliRunner().invoke(main, arguments)
        assert result.exit_code == exit_code, result.output
        return set(calls)

    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)
    monkeypatch.chdir(tmp_path)
    return run


def test_commands_call_nothing_that_is_not_listed(
    aws: EmbeddedAws, stack: dict[str, str], asked: Recorder, tmp_path: Path
) -> None:
    arn = start(aws, stack, FAST)
    assert Machines(aws).wait(arn)["status"] == "SUCCEEDED"
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating\n1,2,3\n")
    raw = f"s3://{stack['DataBucketName']}/raw/ratings/"

    cases = [
        (asked("list"), ["list"]),
        (asked("show", "latest"), ["show", "latest"]),
        (asked("compare", "accepted", "latest"), ["compare", "accepted", "latest"]),
        (asked("watch", arn, "--quiet"), ["watch"]),
        (asked("report", arn), ["report"]),
        (asked("logs", arn, "--step", "TrainModel"), ["logs"]),
        (asked("logs", arn), ["logs"]),
        (asked("stop", arn), ["stop"]),
        (asked("redrive", arn, exit_code=2), ["redrive"]),
        (asked("schedule", "list"), ["schedule list"]),
        (asked("data", "list"), ["data list"]),
        (asked("data", "check", raw, "--quiet"), ["data check s3://…"]),
        (asked("data", "upload", "ratings.csv", "--name", "mine", "--quiet"), ["data upload"]),
        (asked("start"), ["start"]),
        (asked("stop", "latest"), ["stop", "latest"]),
    ]  # fmt: skip

    for calls, names in cases:
        assert calls, names
        assert calls <= allowed(*names), names
    # And what is listed is not made up.
    everything = set().union(*(calls for calls, _ in cases))
    assert allowed("list", "watch", "report", "logs", "data list") - everything == {
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob"  # nothing was tuned
    }
