"""One worker process, seen from the embedded AWS."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedded_aws.lambda_runtime.worker import END_OF_LOG

_WORKER = Path(__file__).with_name("worker.py")
_LAST_LINES_SECONDS = 5.0


class WorkerProcess:
    """A running copy of a function that answers one request at a time.

    Parameters
    ----------
    code_directory : Path
        The unzipped asset.
    handler : str
        ``package.module.function`` below `code_directory`.
    environment : mapping of str to str
        The process's whole environment.
    """

    def __init__(self, code_directory: Path, handler: str, environment: Mapping[str, str]):
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._log: list[str] = []
        self._log_ends = threading.Semaphore(0)
        self._process = subprocess.Popen(  # noqa: S603 - our own script, arguments as a list
            [sys.executable, "-P", str(_WORKER), str(code_directory), handler],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            cwd=code_directory,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        threading.Thread(target=self._read_answers, daemon=True).start()
        self._log_reader = threading.Thread(target=self._read_log, daemon=True)
        self._log_reader.start()

    def _read_answers(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - Popen was given a pipe
        for line in self._process.stdout:
            self._answers.put(json.loads(line))
        self._answers.put(None)

    def _read_log(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - Popen was given a pipe
        for line in self._process.stderr:
            text, ends, _ = line.rstrip("\n").partition(END_OF_LOG)
            if text or not ends:
                self._log.append(text)
            if ends:
                self._log_ends.release()

    def request(self, request: Mapping[str, Any]) -> None:
        """Send one request.

        Raises
        ------
        OSError
            If the process has ended.
        """
        assert self._process.stdin is not None  # noqa: S101 - Popen was given a pipe
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def answer(self, timeout_seconds: float) -> dict[str, Any] | None:
        """Wait for the next answer, and for all that was printed before it.

        Returns
        -------
        dict or None
            ``None`` if the process ended instead of answering.

        Raises
        ------
        TimeoutError
            If nothing came within `timeout_seconds`.
        """
        try:
            answer = self._answers.get(timeout=timeout_seconds)
        except queue.Empty:
            raise TimeoutError from None
        if answer is not None:
            self._log_ends.acquire(timeout=_LAST_LINES_SECONDS)
        return answer

    def take_log(self) -> list[str]:
        """Return and forget the lines printed so far."""
        if self._process.poll() is not None:
            self._log_reader.join(timeout=1)
        lines, self._log[:] = list(self._log), []
        return lines

    @property
    def exit_code(self) -> int:
        """How the process ended; waits for its end."""
        return self._process.wait()

    def close(self) -> None:
        """End the process now."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # a request was still unsent when the process died
                    continue
