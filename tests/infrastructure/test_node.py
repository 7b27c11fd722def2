"""The CDK finds a Node.js that it supports."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from infra.node import find_node, use_found_node


def test_node_of_the_wheel_is_preferred_and_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    node = find_node()

    assert node is not None
    version = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True)
    assert int(version.stdout.removeprefix("v").split(".")[0]) >= 22


def test_a_choice_made_outside_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JSII_NODE", "/elsewhere/node")

    use_found_node()

    assert os.environ["JSII_NODE"] == "/elsewhere/node"


def test_npx_runs_where_the_machine_has_no_node() -> None:
    completed = run_module("npx", "--version")

    assert completed.returncode == 0, completed.stderr
    assert int(completed.stdout.split(".")[0]) >= 10


def test_anything_else_is_refused() -> None:
    for arguments in ([], ["npm", "install"]):
        completed = run_module(*arguments)

        assert completed.returncode != 0
        assert completed.stderr.startswith("usage: python -m infra.node npx")


def run_module(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.node", *arguments],
        env={**os.environ, "PATH": "/usr/bin:/bin" if os.name == "posix" else os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
