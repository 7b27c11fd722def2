"""Ctrl-C and SIGTERM leave no process, no output and no temporary files."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.processes import descendants, survivors
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc"),
]


def wait_for(process: subprocess.Popen[str], line: str) -> None:
    assert process.stderr is not None
    for found in process.stderr:
        if line in found:
            return
    pytest.fail(f"the command ended before it said {line!r}")


def assert_nothing_is_left(process, children, workspace) -> str:
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert children, "there was nothing to leave behind"
    assert survivors(children) == []
    assert workspace.leftovers == []
    assert not (workspace.folder / "out").exists()
    return out


def test_interruption_while_training(start_process, workspace, ratings_file, assembly):
    """So long a training that only the interruption can have ended it."""
    process = start_process(
        "run", "--data", str(ratings_file), "--assembly", str(assembly), "--output", "out",
        "--input", '{"hyperparameters": {"epochs": 1000000}}', "--json",
    )  # fmt: skip
    wait_for(process, "epoch 3 of ")
    children = descendants(process.pid)

    process.send_signal(signal.SIGINT)

    document = json.loads(assert_nothing_is_left(process, children, workspace))
    assert document["status"] == "ABORTED"
    assert "stopped" in document["error"]["cause"]


def test_termination_while_synthesizing(start_process, workspace, ratings_file):
    process = start_process("run", "--data", str(ratings_file), "--output", "out")
    wait_until(lambda: len(descendants(process.pid)) >= 2)  # app.py and its Node
    children = descendants(process.pid)

    process.send_signal(signal.SIGTERM)

    assert assert_nothing_is_left(process, children, workspace) == ""
