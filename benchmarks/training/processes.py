"""Run a contestant as a process of its own, on as many processors as it may use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.training import pinned

_THREAD_VARIABLES = (
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)
_SHOWN_LINES = 5


class ContestantError(Exception):
    """A contestant failed; says which command and its last lines."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has ended well.

    Attributes
    ----------
    stdout : str
    wall_seconds, cpu_seconds : float
        Of the whole process, from its start to its end.
    peak_mib : float
        The most memory that it ever held.
    """

    stdout: str
    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


def run(
    command: Sequence[str], *, cores: int, environment: Mapping[str, str] | None = None
) -> Finished:
    """Run a command and wait for it.

    Parameters
    ----------
    command : sequence of str
    cores : int
        The first of the processors that this process may use; also the number of threads in the
        variables that numba, OpenMP and BLAS look at.
    environment : mapping of str to str or None
        Added to this process's own.

    Raises
    ------
    ContestantError
        If it fails, or there are fewer processors.
    """
    available = sorted(os.sched_getaffinity(0))
    if cores > len(available):
        raise ContestantError(f"expected {cores} processors, found {len(available)}")
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "report.json"
        completed = subprocess.run(  # noqa: S603
            [
                *(sys.executable, "-S", pinned.__file__, str(report)),
                ",".join(map(str, available[:cores])),
                *command,
            ],
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                **dict.fromkeys(_THREAD_VARIABLES, str(cores)),
                **(environment or {}),
            },
        )
        if completed.returncode:
            lines = (completed.stdout + completed.stderr).splitlines()[-_SHOWN_LINES:]
            raise ContestantError(
                f"{' '.join(command)}: expected exit code 0, found {completed.returncode}; "
                f"its last lines: {' / '.join(lines)}"
            )
        return Finished(completed.stdout, **json.loads(report.read_text(encoding="utf-8")))
