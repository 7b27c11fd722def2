"""One run of a job: script and modules from S3, a process, log lines, an end.

Sources: Glue API reference, ``JobRun``; developer guide, "AWS Glue job run statuses", "Using job
parameters in AWS Glue jobs" (``--extra-py-files``, ``--additional-python-modules``), "Logging for
AWS Glue jobs" (the groups). Not documented:

- Order and completeness of ``sys.argv``. As people see it, the job's parameters and ``--JOB_NAME``,
  ``--JOB_ID`` and ``--JOB_RUN_ID`` are there; here all parameters are, Glue's own among them.
- ``ErrorMessage``. People report ``Type: message`` of an uncaught exception, ``Command failed with
  exit code N`` of a process that ended otherwise, and ``LAUNCH ERROR`` of a script or module that
  cannot be downloaded. Newer reports begin with ``Error Category: UNCLASSIFIED_ERROR; Failed Line
  Number: N;``, which has no documented rule and is left out here. A run that is out of time has no
  message here.
- ``LogGroupName`` of a run with ``--custom-logGroup-prefix``, which here is that prefix.
- The id of a retry, which here is that of the first run with ``_attempt_N`` behind it, as reported.
- What a script sees of being stopped: here nothing, its processes are killed.

``--additional-python-modules`` are not installed, as the embedded AWS uses no network: a run
imports the packages of this environment, and its output says so. ``DPUSeconds`` would mean nothing
here, and is left out.
"""

from __future__ import annotations

import datetime
import logging
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from embedded_aws.child_process import DeadlineError, StopRequestedError, run_to_end
from embedded_aws.glue import script_host
from embedded_aws.glue.errors import InvalidInputException
from embedded_aws.glue.job import Job, capacity
from embedded_aws.glue.spark_driver import environment
from embedded_aws.iam.role_sessions import RoleSession
from embedded_aws.job_log import JobLog
from embedded_aws.role_clients import client_as

LOG_GROUP = "/aws-glue/jobs"
_MINUTE_SECONDS = 60.0
_ENDED = ("STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT")
_OF_RUN = ("ExecutionClass", "NotificationProperty", "SecurityConfiguration", "Timeout")

_log = logging.getLogger(__name__)


class RunFailedError(Exception):
    """The run cannot succeed; the message becomes its ErrorMessage."""


class JobRun:
    """A run that works in a thread of its own.

    Parameters
    ----------
    job : Job
        As it is now: a later update does not change the run.
    request : dict
        StartJobRun's members, validated.
    region : str
        Where it runs.
    previous : JobRun, optional
        The run that failed, of which this is a retry.

    Attributes
    ----------
    id : str
    attempt : int
        0 for the first.
    state : str
        ``JobRunState``.
    """

    def __init__(
        self, job: Job, request: dict[str, Any], region: str, *, previous: JobRun | None = None
    ):
        self.job = job
        self.request = request
        self.attempt: int = previous.attempt + 1 if previous else 0
        self._first_id: str = previous._first_id if previous else f"jr_{secrets.token_hex(32)}"
        self.id = f"{self._first_id}_attempt_{self.attempt}" if previous else self._first_id
        self.state = "STARTING"
        self.started_on = self._modified_on = datetime.datetime.now(datetime.UTC)
        self._previous_id = previous.id if previous else None
        self._region = region
        self._settings = {**job.description, **request}
        self._end: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._stop_requested = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the run is in its last state."""
        return self.state in _ENDED

    def description(self) -> dict[str, Any]:
        """Return what GetJobRun answers."""
        of_retry = {"PreviousRunId": self._previous_id} if self._previous_id else {}
        return {
            "Id": self.id,
            "Attempt": self.attempt,
            **of_retry,
            "JobName": self.job.name,
            "JobMode": self.job.description["JobMode"],
            "StartedOn": self.started_on,
            "LastModifiedOn": self._modified_on,
            "JobRunState": self.state,
            "Arguments": self.request.get("Arguments", {}),
            "PredecessorRuns": [],
            "ExecutionTime": 0,
            **{name: self._settings[name] for name in _OF_RUN if name in self._settings},
            **capacity(self._settings),
            "LogGroupName": self._log_group,
            "GlueVersion": self.job.description["GlueVersion"],
            **self._end,
        }

    @property
    def _log_group(self) -> str:
        """What the names of the run's two log groups begin with."""
        arguments = self.job.arguments(self.request.get("Arguments", {}))
        return arguments.get("--custom-logGroup-prefix", LOG_GROUP).rstrip("/")

    def start(self, *, on_end: Callable[[JobRun], None]) -> None:
        """Begin working.

        Parameters
        ----------
        on_end : callable
            Gets this run when it has ended.
        """
        self._thread = threading.Thread(
            target=self._run_to_end, args=(on_end,), name=self.id, daemon=True
        )
        self._thread.start()

    def stop(self) -> bool:
        """Ask the run to end early; say whether it was still going on."""
        with self._lock:
            if self.has_ended:
                return False
            self._enter("STOPPING")
        self._stop_requested.set()
        return True

    def join(self, timeout_seconds: float) -> None:
        """Wait for the run's end."""
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def _run_to_end(self, on_end: Callable[[JobRun], None]) -> None:
        began, state, message = time.monotonic(), "SUCCEEDED", ""
        try:
            self._work(began + self._settings["Timeout"] * _MINUTE_SECONDS)
        except StopRequestedError:
            state = "STOPPED"
        except DeadlineError:
            state = "TIMEOUT"
        except RunFailedError as failure:
            state, message = "FAILED", str(failure)
        except Exception as error:  # a bug here must end the run, or its execution waits for ever
            _log.exception("the embedded AWS failed in job run %s", self.id)
            state, message = "FAILED", f"Internal service error: {error!r}"
        with self._lock:
            self._end = {
                "CompletedOn": datetime.datetime.now(datetime.UTC),
                "ExecutionTime": round(time.monotonic() - began),
                **({"ErrorMessage": message} if message else {}),
            }
            self._enter(state)
        on_end(self)

    def _enter(self, state: str) -> None:
        self._modified_on = datetime.datetime.now(datetime.UTC)
        self.state = state

    def _work(self, deadline: float) -> None:
        try:
            session = self.job.assume_role()
        except InvalidInputException as error:
            raise RunFailedError(str(error)) from error
        arguments = self.job.arguments(self.request.get("Arguments", {}))
        root = Path(tempfile.mkdtemp(prefix="embedded-aws-glue-"))
        try:
            downloads = _Downloads(client_as(session, self._region, "s3"), root)
            script = downloads.get(self.job.request["Command"]["ScriptLocation"])
            modules = [
                downloads.get(uri.strip())
                for uri in arguments.get("--extra-py-files", "").split(",")
                if uri.strip()
            ]
            self._run_script(root, script, modules, arguments, session, deadline)
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def _run_script(
        self,
        root: Path,
        script: Path,
        modules: list[Path],
        arguments: dict[str, str],
        session: RoleSession,
        deadline: float,
    ) -> None:
        output, errors = (
            JobLog(session, self._region, f"{self._log_group}/{kind}", self.id)
            for kind in ("output", "error")
        )
        if "--additional-python-modules" in arguments:
            output.write(
                "The embedded AWS does not install --additional-python-modules "
                f"({arguments['--additional-python-modules']}): the run imports the packages of "
                f"the environment {sys.prefix}"
            )
        failure, work = root / script_host.FAILURE_FILE, root / "work"
        work.mkdir()
        importable = [path if path.suffix == ".zip" else path.parent for path in modules]
        with self._lock:
            if self.state == "STARTING":
                self._enter("RUNNING")
        exit_code = run_to_end(
            [sys.executable, script_host.__file__, str(root), str(script), *self._argv(arguments)],
            environment=environment(
                root,
                importable,
                capacity(self._settings)["WorkerType"],
                session.environment(self._region),
            ),
            on_line=output.write,
            on_error_line=errors.write,
            stop_requested=self._stop_requested,
            deadline=deadline,
            directory=work,
            own_group=True,
        )
        if exit_code != 0:
            reason = failure.read_text(encoding="utf-8") if failure.exists() else ""
            status = exit_code if exit_code > 0 else 128 - exit_code
            raise RunFailedError(reason or f"Command failed with exit code {status}")

    def _argv(self, arguments: dict[str, str]) -> list[str]:
        own = {
            "--JOB_NAME": self.job.name,
            "--JOB_ID": self.job.id,
            "--JOB_RUN_ID": self.id,
        }
        return [word for pair in {**arguments, **own}.items() for word in pair]


class _Downloads:
    """Files of a run, each in a folder of its own below `root`."""

    def __init__(self, s3: Any, root: Path):
        self._s3 = s3
        self._root = root
        self._number = 0

    def get(self, uri: str) -> Path:
        """Download an object.

        Raises
        ------
        RunFailedError
            If it is not there, or the run's role may not read it.
        """
        parts = urlsplit(uri)
        bucket, key = parts.netloc, parts.path.lstrip("/")
        self._number += 1
        path = self._root / f"code-{self._number}" / (key.rpartition("/")[2] or "object")
        path.parent.mkdir()
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(self._s3.get_object(Bucket=bucket, Key=key)["Body"], file)
        except ClientError as error:
            reason = f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
            raise RunFailedError(
                f"LAUNCH ERROR | Error downloading from S3 for bucket: {bucket}, key: {key}. "
                f"{reason}. Please refer logs for details."
            ) from error
        return path
