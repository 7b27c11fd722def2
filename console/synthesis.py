"""``python app.py`` in a process of its own, while the embedded AWS starts."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from console.errors import EnvironmentProblemError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
_TIMEOUT_SECONDS = 180.0
_TAIL_LINES = 6


class Synthesis:
    """A synthesis that is under way.

    Parameters
    ----------
    process : subprocess.Popen
        Running ``app.py``.
    output : Path
        File that gets what it prints.
    assembly : Path
        Folder that it writes.
    """

    def __init__(self, process: subprocess.Popen[bytes], output: Path, assembly: Path):
        self._process = process
        self._output = output
        self._assembly = assembly

    def wait(self) -> Path:
        """Return the assembly's folder once it is complete.

        Raises
        ------
        EnvironmentProblemError
            If the app could not be synthesized; ends with the tail of its output.
        """
        try:
            exit_code = self._process.wait(_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise EnvironmentProblemError(
                f"python app.py took more than {_TIMEOUT_SECONDS:.0f} s to synthesize the stack",
                step="synthesis",
            ) from error
        if exit_code != 0:
            raise EnvironmentProblemError(
                f"python app.py could not synthesize the stack (exit code {exit_code}): "
                f"{_tail(self._output)}",
                step="synthesis",
            )
        return self._assembly


@contextlib.contextmanager
def synthesis(project_root: Path = PROJECT_ROOT) -> Iterator[Synthesis]:
    """Synthesize into a temporary folder that exists for the ``with`` block only.

    Parameters
    ----------
    project_root : Path
        Folder of ``app.py``.

    Raises
    ------
    EnvironmentProblemError
        If there is no ``app.py``.
    """
    app = project_root / "app.py"
    if not app.is_file():
        raise EnvironmentProblemError(
            f"{app}: expected the CDK app, found no file; install the project from its folder "
            "with `pip install --editable .`",
            step="synthesis",
        )
    folder = Path(tempfile.mkdtemp(prefix="recommender-synthesis-"))
    output, assembly = folder / "output.txt", folder / "cdk.out"
    try:
        with output.open("wb") as sink:
            process = subprocess.Popen(  # noqa: S603 - our own script, arguments as a list
                [sys.executable, str(app)],
                cwd=project_root,
                env={**os.environ, "CDK_OUTDIR": str(assembly)},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # it starts Node: both end together
            )
        try:
            yield Synthesis(process, output, assembly)
        finally:
            _end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


def _tail(output: Path) -> str:
    lines = [line.strip() for line in output.read_text("utf-8", errors="replace").splitlines()]
    return " | ".join([line for line in lines if line][-_TAIL_LINES:]) or "it printed nothing"
