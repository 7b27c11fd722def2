"""``recommender list``, ``show``, ``logs``, ``stop``, ``redrive`` against the embedded AWS.

They know nothing of it but its address.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from console.main import main
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import Machines
from tests.integration.test_deployed_workflow import FAST, upload_planted_ratings
from tests.integration.test_redrive import LONG, jobs_may_not_read

Cli = Callable[..., Result]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        yield embedded


@pytest.fixture(scope="module")
def stack(aws: EmbeddedAws, assembly: Path) -> dict[str, str]:
    outputs = aws.deploy(assembly)
    upload_planted_ratings(aws, outputs["DataBucketName"])
    return outputs


@pytest.fixture
def cli(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def start(aws: EmbeddedAws, stack: dict[str, str], name: str, execution_input: Any) -> str:
    started = aws.client("stepfunctions").start_execution(
        stateMachineArn=stack["StateMachineArn"], name=name, input=json.dumps(execution_input)
    )
    return str(started["executionArn"])


def documents(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_failed_run_is_found_looked_into_and_redriven(
    aws: EmbeddedAws, stack: dict[str, str], cli: Cli
) -> None:
    with jobs_may_not_read(aws):
        arn = start(aws, stack, "will-fail", FAST)
        assert Machines(aws).wait(arn)["status"] == "FAILED"

    (listed,) = json.loads(cli("list", "--status", "failed", "--json").stdout)["executions"]
    assert (listed["name"], listed["status"], listed["rmse"]) == ("will-fail", "FAILED", None)
    run_id = listed["run_id"]

    shown = json.loads(cli("show", "will-fail", "--json").stdout)
    assert shown["run_id"] == run_id
    assert shown["error"]["step"] == "TrainModel"
    (training,) = (state for state in shown["states"] if state["name"] == "TrainModel")
    job = {"kind": "TrainingJob", "name": f"{run_id}-0-0-0", "status": "Failed"}
    assert (training["status"], training["attempts"], training["jobs"]) == ("FAILED", 1, [job])
    text = cli("show", arn).stdout
    assert text.startswith("will-fail: failed\n")
    assert "What to do: " in text
    assert f"{run_id}-0-0-0 (Failed)" in text
    assert '"num_factors": 4' in text

    redriven = cli("redrive", "will-fail", "--watch")
    assert redriven.exit_code == 0, redriven.output
    assert redriven.stdout.startswith(f"{arn}\n")
    assert "TrainModel: succeeded" in redriven.stderr

    again = cli("redrive", "will-fail")
    assert again.exit_code == 2
    assert again.stderr.startswith("error: will-fail cannot be redriven: Execution is SUCCEEDED")
    assert again.stderr.count("\n") == 1

    shown = json.loads(cli("show", "will-fail", "--json").stdout)
    assert (shown["status"], shown["outcome"], shown["redrives"]) == ("SUCCEEDED", "accepted", 1)
    assert shown["error"] is None
    visits = [(state["status"], state["jobs"][0]["name"])
              for state in shown["states"] if state["name"] == "TrainModel"]  # fmt: skip
    assert visits == [("FAILED", f"{run_id}-0-0-0"), ("SUCCEEDED", f"{run_id}-1-0-0")]
    (listed,) = json.loads(cli("list", "--status", "accepted", "--json").stdout)["executions"]
    assert listed["rmse"] == shown["output"]["metrics"]["rmse"]

    lines = documents(cli("logs", "will-fail", "--json"))
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    steps = list(dict.fromkeys(line["step"] for line in lines))
    assert steps[:2] == ["ResolveRun", "ClaimRun"]
    assert {"Preprocess", "ConvertRecordIO", "TrainModel", "TransformTestSet", "Evaluate"} <= {
        *steps
    }
    assert all(line["job"] or run_id in line["message"] for line in lines)
    trained = [line for line in lines if line["step"] == "TrainModel"]
    assert {line["job"] for line in trained} == {f"{run_id}-1-0-0"}  # the first one got no data
    assert any("#quality_metric" in line["message"] for line in trained)
    only = documents(cli("logs", "will-fail", "--step", "TrainModel", "--json"))
    assert only == trained
    resolved = cli("logs", "will-fail", "--step", "ResolveRun").stdout
    assert " ResolveRun: INFO run resolved mode=train dataset_uri=s3://" in resolved


def test_run_is_followed_stopped_and_redriven(
    aws: EmbeddedAws, stack: dict[str, str], cli: Cli
) -> None:
    arn = start(aws, stack, "will-be-stopped", LONG)
    deadline = time.monotonic() + 60
    while not cli("logs", "latest", "--step", "TrainModel").stdout and time.monotonic() < deadline:
        time.sleep(0.1)
    assert cli("list", "--status", "running", "--names").stdout == "will-be-stopped\n"

    stopped = cli("stop", "latest")
    assert stopped.exit_code == 0, stopped.output
    first, job = stopped.stdout.splitlines()
    assert first == "stopped will-be-stopped in TrainModel"
    assert job.startswith("TrainingJob ")
    # On a busy machine the container takes a while to end.
    assert job.endswith(("-0-0-0: Stopping", "-0-0-0: Stopped"))
    document = json.loads(cli("stop", arn, "--json").stdout)
    assert (document["stopped"], document["status"]) == (False, "ABORTED")
    assert cli("stop", "latest").stdout == "will-be-stopped has ended already: ABORTED\n"
    assert cli("watch", "will-be-stopped", "--quiet").exit_code == 1

    redriven = json.loads(cli("redrive", "latest", "--json").stdout)
    assert redriven == {"execution_arn": arn, "redrives": 1}
    running = cli("redrive", "latest")
    assert running.exit_code == 2
    assert "Execution is RUNNING and cannot be redriven. What to do: watch it" in running.stderr
    (document,) = documents(cli("stop", "latest", "--json"))
    assert (document["stopped"], document["steps"]) == (True, ["TrainModel"])
    shown = json.loads(cli("show", "latest", "--json").stdout)
    assert shown["error"]["step"] == "TrainModel"


def test_followed_log_has_all_lines_once_until_the_end(
    aws: EmbeddedAws, stack: dict[str, str], cli: Cli
) -> None:
    start(aws, stack, "followed", FAST)

    followed = documents(cli("logs", "followed", "--follow", "--json"))

    assert json.loads(cli("show", "followed", "--json").stdout)["status"] == "SUCCEEDED"
    afterwards = documents(cli("logs", "followed", "--json"))
    assert sorted(map(json.dumps, followed)) == sorted(map(json.dumps, afterwards))
    assert afterwards[-1]["step"] in ("Evaluate", "QualityGate", "AcceptModel")


@pytest.mark.usefixtures("stack")
def test_what_is_not_there_is_bad_input(cli: Cli) -> None:
    for command in ("show", "logs", "stop", "redrive", "watch", "report"):
        result = cli(command, "no-such-run")
        assert result.exit_code == 2, command
        assert "no-such-run: there is no such execution; `recommender list`" in result.stderr
        assert result.stderr.count("\n") == 1


def test_started_runs_are_compared(aws: EmbeddedAws, stack: dict[str, str], cli: Cli) -> None:
    """The one with half the epochs is beside the accepted one."""
    arns = []
    for epochs in (60, 30):
        given = {**FAST, "hyperparameters": {**FAST["hyperparameters"], "epochs": epochs}}
        started = cli("start", "--input", json.dumps(given), "--json", "--watch", "--quiet")
        assert started.exit_code == 0, started.output
        assert started.stderr == ""
        (document,) = documents(started)
        arns.append(document["execution_arn"])
    started = json.loads(cli("start", "--json", "--input", '{"allow_concurrent": true}').stdout)
    assert set(started) == {"execution_arn"}
    stopped = cli("stop", started["execution_arn"])
    assert stopped.exit_code == 0

    compared = json.loads(cli("compare", arns[0], arns[1], "--json").stdout)
    accepted = cli("compare", "accepted", started["execution_arn"])

    assert [run["execution_arn"] for run in compared["runs"]] == arns
    rows = {row["label"].strip(): row for one in compared["sections"] for row in one["rows"]}
    outputs = [json.loads(cli("show", arn, "--json").stdout)["output"] for arn in arns]
    assert rows["RMSE"]["values"] == [output["metrics"]["rmse"] for output in outputs]
    assert rows["RMSE"]["best"] == [0]
    assert rows["epochs"]["values"] == ["60", "30"]
    assert all(hours > 0 for hours in rows["instance-hours"]["values"])
    assert "num_factors" not in rows
    assert (compared["warnings"], compared["gaps"]) == ([], [])
    assert accepted.exit_code == 0, accepted.output
    assert accepted.stdout.splitlines()[0] in {f"A  {arn.rpartition(':')[2]}" for arn in arns}
    assert ["outcome", "accepted", "aborted"] in [
        row.split() for row in accepted.stdout.split("\n")
    ]
