"""Runs a process of a job to its end: lines as they come, stops, a deadline.

A child must end with the embedded AWS however that ends, even by SIGKILL. It is given a pipe as its
standard input, which ends when this process does, and watches that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

OnLine = Callable[[str], None]
_POLLING_SECONDS = 0.02
_STOP_GRACE_SECONDS = 10.0  # SageMaker waits 120 s between SIGTERM and SIGKILL
_LAST_LINES_SECONDS = 10.0


class StopRequestedError(Exception):
    """Somebody asked for the process's end."""


class DeadlineError(Exception):
    """The process ran out of its time."""


def run_to_end(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    on_line: OnLine,
    on_error_line: OnLine | None = None,
    stop_requested: threading.Event,
    deadline: float | None = None,
    directory: Path | None = None,
    own_group: bool = False,
) -> int:
    """Run a process to its end.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    environment : mapping of str to str
        The process's whole environment.
    on_line, on_error_line : callable
        Get each line of standard output and of standard error, without the line end. Without the
        second, the first gets both.
    stop_requested : threading.Event
        When set, the process is stopped.
    deadline : float, optional
        ``time.monotonic()`` after which it is stopped.
    directory : Path, optional
        Where it runs.
    own_group : bool
        Whether the process leads a group of its own, all of which is killed when the process has
        ended or is stopped. A process without one is asked to end (SIGTERM) before it is killed.

    Returns
    -------
    int
        Exit code; minus the signal's number if a signal ended it.

    Raises
    ------
    StopRequestedError, DeadlineError
        If it was stopped.
    """
    process = subprocess.Popen(  # noqa: S603 - our own command, arguments as a list
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if on_error_line else subprocess.STDOUT,
        env=dict(environment),
        cwd=directory,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=own_group,
    )
    readers = [
        threading.Thread(target=_read_lines, args=(stream, read), daemon=True)
        for stream, read in ((process.stdout, on_line), (process.stderr, on_error_line))
        if stream is not None and read is not None
    ]
    for reader in readers:
        reader.start()
    try:
        while process.poll() is None:
            if stop_requested.wait(_POLLING_SECONDS):
                raise StopRequestedError
            if deadline is not None and time.monotonic() > deadline:
                raise DeadlineError
    finally:
        if own_group:
            _kill_group(process)
        else:
            _end(process)
        if process.stdin is not None:
            process.stdin.close()
        for reader in readers:  # who left the group may hold on to the pipes
            reader.join(_LAST_LINES_SECONDS if own_group else None)
    return process.returncode


def _read_lines(stream: IO[str], on_line: OnLine) -> None:
    with stream:
        for line in stream:
            on_line(line.rstrip("\n"))


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _kill_group(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: of a group of zombies
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
