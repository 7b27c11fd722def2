"""Runs with every default filled in, as ResolveRun makes them."""

from typing import Any

from console.doctor.execution_input import check_execution_input
from console.doctor.finding import Status
from lambdas.resolve_run.events import ResolvedRun


def run_of(execution_input: dict[str, Any], data_bucket: str | None = "the-bucket") -> ResolvedRun:
    finding, run = check_execution_input(lambda: execution_input, data_bucket)
    assert finding.status is Status.OK
    assert run is not None
    return run
