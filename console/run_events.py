"""An execution's history as a table, and the attempts of its tasks.

Source: Step Functions API reference, HistoryEvent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from console.history import details_of

_ATTEMPT_BEGINS = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")
_ATTEMPT_ENDS = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "TimedOut": "TIMED_OUT"}
_EXECUTION_ENDS = {"ExecutionAborted": "ABORTED", "ExecutionTimedOut": "TIMED_OUT",
                   "ExecutionFailed": "FAILED"}  # fmt: skip
_JOB_MEMBERS = ("TrainingJobName", "HyperParameterTuningJobName", "TransformJobName")
_LONGEST_DETAIL = 200


@dataclass(slots=True)
class Attempt:
    """One time that a task was started, or one wait of a Wait state.

    Attributes
    ----------
    visit : int
        Id of the event by which the state was entered.
    status : str
        RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, or WAITED for a Wait state.
    job : tuple of (str, str) or None
        The request's member that names a SageMaker job, and the name.
    """

    state: str
    visit: int
    started_at: datetime
    ended_at: datetime | None = None
    status: str = "RUNNING"
    error: str | None = None
    job: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event for people; ``seconds`` since the first one."""

    number: int
    seconds: float
    kind: str
    state: str
    detail: str


@dataclass(slots=True)
class RunEvents:
    """What a history tells.

    Attributes
    ----------
    pauses : list of (datetime, datetime)
        From each failure that the execution was redriven after, to the redrive.
    """

    rows: list[EventRow] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def redriven_at(self) -> list[datetime]:
        """When it was redriven."""
        return [end for _, end in self.pauses]

    @property
    def jobs(self) -> list[tuple[str, str]]:
        """SageMaker jobs that were asked for: member that names it, and name; each once."""
        return list(dict.fromkeys(a.job for a in self.attempts if a.job is not None))


def read_events(events: Iterable[Mapping[str, Any]]) -> RunEvents:
    """Make table and attempts of a history.

    Parameters
    ----------
    events : iterable of mapping
        As GetExecutionHistory gives them, all of them, oldest first.
    """
    found = RunEvents()
    entered: dict[int, tuple[str, int]] = {}
    running: dict[int, Attempt] = {}
    first: datetime | None = None
    stopped_at: datetime | None = None
    for event in events:
        first = first or event["timestamp"]
        number, kind, details = event["id"], event["type"], details_of(event)
        if kind.endswith("StateEntered"):
            entered[number] = (str(details.get("name", "")), number)
        elif event.get("previousEventId") in entered:
            entered[number] = entered[event["previousEventId"]]
        state, visit = entered.get(number, ("", 0))
        found.rows.append(
            EventRow(number, (event["timestamp"] - first).total_seconds(), kind, state,
                     _detail(details))
        )  # fmt: skip
        if kind == "ExecutionRedriven":
            found.pauses.append((stopped_at or event["timestamp"], event["timestamp"]))
        elif kind == "WaitStateEntered" or kind in _ATTEMPT_BEGINS:
            attempt = Attempt(state, visit, event["timestamp"], job=_job(details))
            running[visit] = attempt
            found.attempts.append(attempt)
        elif kind in _EXECUTION_ENDS:
            stopped_at = event["timestamp"]
            for attempt in running.values():
                _end(attempt, event["timestamp"], _EXECUTION_ENDS[kind], None)
            running.clear()
        elif visit in running:
            status = "WAITED" if kind == "WaitStateExited" else _end_status(kind)
            if status:
                _end(running.pop(visit), event["timestamp"], status, details.get("error"))
    return found


def _end(attempt: Attempt, at: datetime, status: str, error: str | None) -> None:
    attempt.ended_at, attempt.status, attempt.error = at, status, error


def _end_status(kind: str) -> str | None:
    # SubmitFailed and StartFailed end an attempt as well.
    return next((status for end, status in _ATTEMPT_ENDS.items() if kind.endswith(end)), None)


def _job(details: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find the job in a request that creates one; requests that describe one name it, too."""
    if not str(details.get("resource", "")).endswith(".sync"):
        return None
    try:
        parameters = json.loads(details.get("parameters") or "null")
    except ValueError:
        return None
    for member in _JOB_MEMBERS:
        name = parameters.get(member) if isinstance(parameters, dict) else None
        if isinstance(name, str):
            return member, name
    return None


def _detail(details: Mapping[str, Any]) -> str:
    """Say what is special about an event in a line."""
    words = [
        str(details[member])
        for member in ("resourceType", "resource", "error", "cause")
        if details.get(member)
    ]
    job = _job(details)
    if job:
        words.append(job[1])
    text = " ".join(" ".join(words).split())
    return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"
