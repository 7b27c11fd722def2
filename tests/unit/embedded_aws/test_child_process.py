"""Processes of jobs: lines, exit codes, stops, and that none outlives the one that started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from embedded_aws.child_process import DeadlineError, StopRequestedError, run_to_end
from embedded_aws.glue import script_host

SLEEP = "import time; time.sleep(60)"
# Starts a process of the same group, says both ids, and sleeps.
WITH_CHILD = f"""
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
print(os.getpid(), child.pid, flush=True)
time.sleep(60)
"""
STARTS_A_RUN = """
import sys, threading
from embedded_aws.child_process import run_to_end
run_to_end([sys.executable, *sys.argv[1:]], environment={}, on_line=lambda l: print(l, flush=True),
           stop_requested=threading.Event(), own_group=True)
"""


def run(code, stop=None, **more):
    lines, errors = [], []
    exit_code = run_to_end(
        [sys.executable, "-c", code],
        environment=dict(os.environ),
        on_line=lines.append,
        on_error_line=errors.append,
        stop_requested=stop or threading.Event(),
        **more,
    )
    return exit_code, lines, errors


def are_gone(ids):
    deadline = time.monotonic() + 10
    while any(map(psutil.pid_exists, ids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("own_group", [False, True])
def test_lines_and_exit_code(own_group):
    code = "import sys; print('a\\nb'); print('c', file=sys.stderr); sys.exit(3)"

    assert run(code, own_group=own_group) == (3, ["a", "b"], ["c"])


@pytest.mark.parametrize("own_group", [False, True])
def test_stop_and_deadline(own_group):
    stop = threading.Event()
    stop.set()

    with pytest.raises(StopRequestedError):
        run(SLEEP, stop, own_group=own_group)
    with pytest.raises(DeadlineError):
        run(SLEEP, deadline=time.monotonic(), own_group=own_group)


def test_stop_ends_the_whole_group():
    stop, lines = threading.Event(), []

    def on_line(line):
        lines.append(line)
        stop.set()

    with pytest.raises(StopRequestedError):
        run_to_end(
            [sys.executable, "-c", WITH_CHILD],
            environment=dict(os.environ),
            on_line=on_line,
            stop_requested=stop,
            own_group=True,
        )

    assert are_gone([int(word) for word in lines[0].split()])


def test_group_of_a_job_run_ends_with_a_killed_parent(tmp_path: Path):
    folder = tmp_path / "run"
    folder.mkdir()
    script = folder / "script.py"
    script.write_text(WITH_CHILD)
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTS_A_RUN, script_host.__file__, folder, script],
        stdout=subprocess.PIPE,
        text=True,
    )
    ids = [int(word) for word in parent.stdout.readline().split()]

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert len(ids) == 2
    assert are_gone(ids)
    assert not folder.exists()
