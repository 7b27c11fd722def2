"""Faults of Glue's job runs: a Python worker of Spark is killed, once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from embedded_aws.glue.job_run import JobRun

_DAEMON_FOLDER = Path(__file__).with_name("spark_worker")
_DAEMON = "killed_once_daemon"
_VARIABLE = "EMBEDDED_AWS_KILLED_WORKER"


class JobRunFaults:
    """Which job's next run loses a worker."""

    def __init__(self) -> None:
        self._due: list[str] = []
        self._lock = threading.Lock()
        self._running = threading.local()

    def expect(self, job_name: str) -> None:
        """Let the next run of a job have the fault."""
        with self._lock:
            self._due.append(job_name)

    def begin(self, run: JobRun) -> None:
        """Take note of whether the run whose thread this is has the fault."""
        with self._lock:
            self._running.is_faulty = run.job.name in self._due
            if self._running.is_faulty:
                self._due.remove(run.job.name)

    def run_to_end(
        self,
        run_to_end: Callable[..., int],
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        **more: Any,
    ) -> int:
        """Run the process of the run whose thread this is, with its fault."""
        if self._running.is_faulty:
            path = os.pathsep.join([str(_DAEMON_FOLDER), environment["PYTHONPATH"]])
            daemon = f"--conf spark.python.daemon.module={_DAEMON}"
            environment = {
                **environment,
                "PYTHONPATH": path,
                "PYSPARK_SUBMIT_ARGS": f"{daemon} {environment['PYSPARK_SUBMIT_ARGS']}",
                _VARIABLE: str(directory.with_name("killed-worker")),
            }
        return run_to_end(command, environment=environment, directory=directory, **more)
