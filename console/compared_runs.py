"""What of an execution is compared with others, read from AWS's APIs."""

from __future__ import annotations

from collections.abc import Sequence

from console.comparison import ComparedRun
from console.execution_reference import Execution
from console.run_events import read_events
from console.run_record import outline, read_timeline
from console.sagemaker_jobs import describe_jobs


def read_runs(executions: Sequence[Execution]) -> tuple[list[ComparedRun], list[str]]:
    """Read executions.

    Parameters
    ----------
    executions : sequence of Execution

    Returns
    -------
    runs : list of ComparedRun
        In the same order.
    gaps : list of str
        Jobs that could not be read, and why; their runs have no instance-hours then.

    Raises
    ------
    EnvironmentProblemError
        If Step Functions cannot be reached or refuses.
    """
    runs: list[ComparedRun] = []
    gaps: list[str] = []
    for execution in executions:
        run, missing = _read(execution)
        runs.append(run)
        gaps += missing
    return runs, gaps


def _read(execution: Execution) -> tuple[ComparedRun, list[str]]:
    access = execution.access
    timeline = read_timeline(access, execution.arn)
    record = outline(execution, timeline)
    jobs, gaps = describe_jobs(access.client("sagemaker"), read_events(record.events).jobs)
    known = [job.instance_hours for job in jobs if job.instance_hours is not None]
    hours = sum(known) if known and not gaps else None
    return ComparedRun(record, hours), gaps
