"""``recommender serve``, used by the AWS CLI and by the other commands."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.processes import descendants, survivors

pytestmark = pytest.mark.slow

AWS_CLI = Path(sys.executable).with_name("aws")


def test_served_pipeline_is_started_watched_and_reported(
    start_process, workspace, ratings_file, assembly
):
    server = start_process(
        "serve", "--port", "0", "--data", str(ratings_file), "--assembly", str(assembly), "--quiet"
    )
    assert server.stdout is not None
    lines = []
    for line in server.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    told = "".join(lines)
    environment = dict(re.findall(r"(AWS_\w+)=(\S+)", told))
    assert set(environment) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"}  # fmt: skip

    execution_arn = _paste(told, environment)
    watched = workspace.command("watch", execution_arn, **environment)
    assert watched.returncode == 0, watched.stderr
    assert "TrainModel: succeeded" in watched.stderr
    for part in ("global mean", "Rows in", "6,000", "Cold customers", "the most active",
                 "recommended", "(2001)"):  # fmt: skip
        assert part in watched.stdout

    described = _aws("describe-execution", execution_arn, environment)
    assert described["status"] == "SUCCEEDED"
    events = _aws("get-execution-history", execution_arn, environment)["events"]
    assert events[-1]["type"] == "ExecutionSucceeded"

    reported = workspace.command(
        "report", execution_arn, "--output", "out", "--json", **environment
    )
    assert reported.returncode == 0, reported.stderr
    document = json.loads(reported.stdout)
    assert document["metrics"]["rmse"] < document["metrics"]["global_mean_rmse"]
    assert "The run succeeded" in Path(document["report"]).read_text()

    bad = '{"dataset": {"uri": "raw/nothing-here/"}}'
    failed = workspace.command("start", "--watch", "--input", bad, **environment)
    assert failed.returncode == 1
    assert "raw/nothing-here/" in failed.stderr
    assert "(InvalidInputError)\nWhat to do: " in failed.stderr
    assert failed.stdout.startswith("arn:aws:states:")

    children = descendants(server.pid)
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=30)
    assert server.returncode == 0
    assert survivors(children) == []
    assert workspace.leftovers == []


def test_port_in_use_is_a_problem_of_the_environment(workspace, ratings_file, assembly):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        completed = workspace.command(
            "serve", "--port", port, "--data", str(ratings_file), "--assembly", str(assembly)
        )

    assert completed.returncode == 4
    assert completed.stderr.startswith(f"error: port {port} on 127.0.0.1 cannot be used")
    assert completed.stderr.count("\n") == 1


def test_missing_stack_is_a_problem_of_the_environment(workspace):
    completed = workspace.command("start", AWS_ENDPOINT_URL="http://127.0.0.1:9")

    assert completed.returncode == 4
    assert "http://127.0.0.1:9" in completed.stderr
    assert "Traceback" not in completed.stderr


def _paste(told: str, environment: dict[str, str]) -> str:
    """Run the line that `serve` offers for pasting."""
    command = told[told.index("aws stepfunctions") :].partition("'{}'")[0] + "'{}'"
    path = f"{AWS_CLI.parent}{os.pathsep}{os.environ['PATH']}"
    completed = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, **environment, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return str(json.loads(completed.stdout)["executionArn"])


def _aws(operation: str, execution_arn: str, environment: dict[str, str]) -> dict:
    completed = subprocess.run(
        [str(AWS_CLI), "stepfunctions", operation, "--execution-arn", execution_arn],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(completed.stdout)
