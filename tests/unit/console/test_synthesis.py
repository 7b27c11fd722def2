"""Synthesis in a process of its own."""

import os
import time
from pathlib import Path

import pytest

from console.errors import EnvironmentProblemError
from console.synthesis import synthesis

APP = """
import os, pathlib
folder = pathlib.Path(os.environ["CDK_OUTDIR"])
folder.mkdir()
(folder / "manifest.json").write_text("{}")
"""


def write_app(folder: Path, code: str) -> Path:
    (folder / "app.py").write_text(code)
    return folder


def test_assembly_lasts_as_long_as_it_is_needed(tmp_path):
    with synthesis(write_app(tmp_path, APP)) as synthesizing:
        assembly = synthesizing.wait()
        assert (assembly / "manifest.json").is_file()

    assert not assembly.exists()


def test_failure_shows_the_end_of_the_output_in_one_line(tmp_path):
    app = "print('first'); raise SystemExit('node: command not found')"

    with (
        synthesis(write_app(tmp_path, app)) as synthesizing,
        pytest.raises(EnvironmentProblemError) as raised,
    ):
        synthesizing.wait()

    assert "exit code 1" in str(raised.value)
    assert "first | node: command not found" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_missing_app_is_named(tmp_path):
    with pytest.raises(EnvironmentProblemError, match=r"app\.py"), synthesis(tmp_path):
        pass


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_whole_process_group_ends_with_the_block(tmp_path):
    """The app starts Node; neither may live on."""
    pids = tmp_path / "pids"
    app = f"""
import os, subprocess, time
child = subprocess.Popen(["sleep", "60"])
open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
time.sleep(60)
"""
    with synthesis(write_app(tmp_path, app)):
        deadline = time.monotonic() + 20
        while not (pids.exists() and pids.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)

    for pid in pids.read_text().split():
        assert _has_ended(int(pid))


def _has_ended(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if status == "Z":  # ended; only its parent has not looked yet
            return True
        time.sleep(0.02)
    return False
