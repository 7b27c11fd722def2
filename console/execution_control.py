"""Stopping and redriving an execution."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from console.errors import BadInputError
from console.execution_reference import Execution, describe, step_functions_errors
from console.job_status import status_of
from console.run_record import read_timeline
from console.timeline import Job

# Step Functions stops the job of a stopped execution; it takes a moment until SageMaker says so.
_JOB_LOOKS = 10
_RUNNING = "InProgress"


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stop did.

    Attributes
    ----------
    was_running : bool
        Whether there was anything to stop.
    status : str
        Of the execution, afterwards.
    steps : tuple of str
        The states that it was in.
    jobs : tuple of (Job, str or None)
        The jobs of these states, with their status afterwards.
    """

    execution: Execution
    was_running: bool
    status: str
    steps: tuple[str, ...] = ()
    jobs: tuple[tuple[Job, str | None], ...] = ()

    def as_document(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it."""
        return {
            "execution_arn": self.execution.arn,
            "name": self.execution.name,
            "stopped": self.was_running,
            "status": self.status,
            "steps": list(self.steps),
            "jobs": [
                {"kind": job.kind, "name": job.name, "status": status} for job, status in self.jobs
            ],
        }


def stop(execution: Execution, *, sleep: Callable[[float], None] = time.sleep) -> Stopped:
    """Stop an execution; one that has ended stays as it is.

    Parameters
    ----------
    execution : Execution
    sleep : callable
        Waits a number of seconds.

    Raises
    ------
    EnvironmentProblemError
        If AWS cannot be reached or refuses.
    """
    access = execution.access
    if execution.status not in ("RUNNING", "PENDING_REDRIVE"):
        return Stopped(execution, was_running=False, status=execution.status)
    timeline = read_timeline(access, execution.arn)
    running = [state for state in timeline.states if state.status == "RUNNING"]
    with step_functions_errors(execution.arn):
        access.client("stepfunctions").stop_execution(
            executionArn=execution.arn, error="Stopped", cause="stopped by `recommender stop`"
        )
    jobs = [state.jobs[-1] for state in running if state.jobs]
    for _ in range(_JOB_LOOKS):
        statuses = [status_of(access, job) for job in jobs]
        if _RUNNING not in statuses:
            break
        sleep(access.poll_seconds)
    now = describe(access, execution.arn).status
    return Stopped(
        execution,
        # It may have ended by itself in between.
        was_running=now in ("RUNNING", "ABORTED"),
        status=now,
        steps=tuple(state.name for state in running),
        jobs=tuple(zip(jobs, statuses, strict=True)),
    )


def redrive(execution: Execution) -> int:
    """Let an unsuccessful execution go on where it failed or was stopped.

    Parameters
    ----------
    execution : Execution

    Returns
    -------
    int
        Which of its redrives this is, from 1.

    Raises
    ------
    BadInputError
        If it cannot be redriven.
    EnvironmentProblemError
        If AWS cannot be reached or refuses.
    """
    if execution.described.get("redriveStatus") == "NOT_REDRIVABLE":
        raise _refusal(execution, str(execution.described.get("redriveStatusReason", "")))
    with step_functions_errors(execution.arn):
        try:
            execution.access.client("stepfunctions").redrive_execution(executionArn=execution.arn)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionNotRedrivable":
                raise _refusal(execution, error.response["Error"].get("Message", "")) from error
            raise
    return execution.redrives + 1


def _refusal(execution: Execution, reason: str) -> BadInputError:
    to_do = {
        "RUNNING": "watch it, or stop it first",
        "SUCCEEDED": "it has nothing left to do; start a new one",
    }.get(execution.status, "start a new one with the same input")
    return BadInputError(
        f"{execution.name} cannot be redriven: {reason or execution.status} What to do: {to_do}",
        step="redrive",
        error="ExecutionNotRedrivable",
    )
