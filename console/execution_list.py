"""The executions of a deployed pipeline, the latest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from console.embedded_stack import DeployedStack
from console.execution_reference import describe, step_functions_errors
from lambdas.resolve_run.resolution import make_run_id

# What executions that succeeded came to.
OUTCOMES = ("accepted", "rejected", "skipped")
# API reference, ListExecutions: the largest page.
_LARGEST_PAGE = 1000
_DESCRIBED_AT_ONCE = 8

# What executions that have succeeded put out, by ARN: it never changes.
Outputs = MutableMapping[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ExecutionSummary:
    """One line of the list.

    Attributes
    ----------
    status : str
        Step Functions' word in lower case, for example ``timed_out``.
    outcome : str or None
        One of `OUTCOMES`; ``None`` unless it succeeded.
    rmse : float or None
        On the test split.
    redrives : int
        How often it was redriven.
    """

    execution_arn: str
    name: str
    run_id: str
    status: str
    outcome: str | None
    started_at: dt.datetime
    ended_at: dt.datetime | None
    rmse: float | None
    redrives: int

    def seconds(self, now: dt.datetime) -> float:
        """How long it took, or has been running; waiting for a redrive is part of it."""
        return ((self.ended_at or now) - self.started_at).total_seconds()

    def as_document(self, now: dt.datetime) -> dict[str, Any]:
        """Return what ``--json`` prints of it."""
        return {
            "name": self.name,
            "run_id": self.run_id,
            "status": self.status.upper(),
            "outcome": self.outcome,
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "seconds": self.seconds(now),
            "rmse": self.rmse,
            "redrives": self.redrives,
            "execution_arn": self.execution_arn,
        }


def list_executions(
    stack: DeployedStack, *, status: str | None, limit: int, outputs: Outputs | None = None
) -> list[ExecutionSummary]:
    """List executions, the latest first.

    Asks for one page after the other, only as far as needed, and describes only those that
    succeeded: nothing else has an outcome. To choose by outcome, all that succeeded have to be
    described until there are enough.

    Parameters
    ----------
    stack : DeployedStack
    status : str or None
        A status as in `ExecutionSummary`, or one of `OUTCOMES`; ``None`` for all.
    limit : int
        How many at most.
    outputs : Outputs or None
        What is known already; takes what is read.

    Raises
    ------
    EnvironmentProblemError
        If AWS cannot be reached or refuses.
    """
    listed = _listed(stack, "succeeded" if status in OUTCOMES else status, limit)
    known = {} if outputs is None else outputs
    with ThreadPoolExecutor(_DESCRIBED_AT_ONCE) as pool:
        summaries: list[ExecutionSummary] = []
        while len(summaries) < limit:
            batch = list(islice(listed, limit - len(summaries)))
            found = pool.map(lambda item: _summary(stack, item, known), batch)
            summaries += [one for one in found if status not in OUTCOMES or one.outcome == status]
            if not batch:
                break
    return summaries


def _listed(stack: DeployedStack, status: str | None, limit: int) -> Iterator[dict[str, Any]]:
    request: dict[str, Any] = {
        "stateMachineArn": stack.state_machine_arn,
        "maxResults": min(limit, _LARGEST_PAGE),
    }
    if status is not None:
        request["statusFilter"] = status.upper()
    while True:
        with step_functions_errors(stack.state_machine_arn):
            page = stack.access.client("stepfunctions").list_executions(**request)
        yield from page["executions"]
        if not page.get("nextToken"):
            return
        request["nextToken"] = page["nextToken"]


def _summary(stack: DeployedStack, item: dict[str, Any], known: Outputs) -> ExecutionSummary:
    arn, started_at = str(item["executionArn"]), item["startDate"]
    if item["status"] == "SUCCEEDED" and arn not in known:
        known[arn] = describe(stack.access, arn).output
    output = known.get(arn, {})
    return ExecutionSummary(
        execution_arn=arn,
        name=str(item["name"]),
        run_id=make_run_id(arn, started_at),
        status=str(item["status"]).lower(),
        outcome=output.get("outcome"),
        started_at=started_at,
        ended_at=item.get("stopDate"),
        rmse=(output.get("metrics") or {}).get("rmse"),
        redrives=int(item.get("redriveCount", 0)),
    )
