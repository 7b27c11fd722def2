"""Faults of SageMaker jobs: each ends with the status and FailureReason that it has on AWS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from embedded_aws.faults.plan import Fault
from embedded_aws.sagemaker.job import Job, JobFailedError, JobStoppedError, internal_server_error
from embedded_aws.sagemaker.tuning_job import TuningJob

JOB_KINDS = ("TrainingJob", "HyperParameterTuningJob", "TransformJob")
_CONTAINER = "embedded_aws.faults.container"
# What the service itself ends a job with, before a container runs.
_FAILURES: dict[str, Callable[[], Exception]] = {
    "CapacityError": lambda: JobFailedError(
        "CapacityError: Unable to provision requested ML compute capacity. Please retry using a "
        "different ML instance type. (injected)"
    ),
    "InternalServerError": lambda: internal_server_error(
        "We encountered an internal error. Please try again. (injected)"
    ),
    "ClientError": lambda: JobFailedError(
        "ClientError: Data download failed: the data cannot be used (injected)"
    ),
    "MaxWaitTimeExceeded": lambda: JobStoppedError("MaxWaitTimeExceeded"),
}


class JobFaults:
    """Which job has which fault."""

    def __init__(self) -> None:
        self._faults: dict[tuple[str, str], Fault] = {}
        self._killed: set[tuple[str, str]] = set()
        self._running = threading.local()

    def expect(self, kind: str, name: str, fault: Fault) -> None:
        """Let a job, or the trials of a tuning job, have a fault.

        Parameters
        ----------
        kind : str
            As in the API's ``Create<kind>``.
        name : str
            The job's.
        fault : Fault
            Of a job.
        """
        self._faults[kind, name] = fault

    def _key(self, job: Job) -> tuple[str, str] | None:
        """Find what the job's fault is kept under; a trial's is its tuning job's."""
        for kind, name in self._faults:
            if (job.kind, job.name) == (kind, name):
                return kind, name
            if kind == TuningJob.kind and job.name.startswith(f"{name}-"):
                return kind, name
        return None

    def begin(self, job: Job) -> None:
        """Take note of whose thread this is, and end the job if its fault is the service's.

        Raises
        ------
        JobFailedError, JobStoppedError
            As if the work had done so.
        """
        key = self._key(job)
        self._running.key = key
        self._running.fault = fault = self._faults[key] if key else None
        if fault is None or key is None or job.kind != key[0]:  # a trial fails in its container
            return
        if fault.kind.name == "Stopped":
            job.stop()
        elif fault.kind.name in _FAILURES:
            raise _FAILURES[fault.kind.name]()

    def run_container(
        self,
        run_container: Callable[..., int],
        module: str,
        arguments: Sequence[str],
        **more: Any,
    ) -> int:
        """Run a container of the job whose thread this is, with the job's fault."""
        fault: Fault | None = getattr(self._running, "fault", None)
        behaviour = None
        if fault is not None:
            name = fault.kind.name
            if name == "MaxRuntimeExceeded":
                more["deadline"] = time.monotonic()
            if name == "KilledWorker":
                if self._running.key in self._killed:  # one process, not that of every trial
                    return run_container(module, arguments, **more)
                self._killed.add(self._running.key)
            behaviour = {
                "AlgorithmError": name,
                "KilledWorker": name,
                "Timeout": "Hang",
                "MaxRuntimeExceeded": "Hang",
                "Slow": f"Slow={fault.argument}",
            }.get(name)
        if behaviour is None:
            return run_container(module, arguments, **more)
        return run_container(_CONTAINER, [behaviour, module, *arguments], **more)
