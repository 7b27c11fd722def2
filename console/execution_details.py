"""One execution in detail: as a JSON document, and as lines for a terminal."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.columns import columns, duration, moment
from console.execution_reference import Execution
from console.job_status import status_of
from console.printable import printable
from console.result import failure_text
from console.run_record import outline, read_timeline
from console.terminal_text import wrapped
from console.timeline import StateRun

_COLUMNS = ("STATE", "STATUS", "STARTED", "DURATION", "ATTEMPTS")


def details(execution: Execution) -> dict[str, Any]:
    """Read an execution's states, jobs, failure, input and output.

    Parameters
    ----------
    execution : Execution

    Returns
    -------
    dict
        What ``recommender show --json`` prints.

    Raises
    ------
    EnvironmentProblemError
        If AWS cannot be reached or refuses.
    """
    timeline = read_timeline(execution.access, execution.arn)
    record = outline(execution, timeline)
    return {
        "name": record.name,
        "run_id": execution.run_id,
        "status": record.status,
        "outcome": record.output.get("outcome"),
        "started_at": record.started_at.isoformat(),
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "seconds": record.seconds,
        "redrives": execution.redrives,
        "states": [_state(execution, state) for state in record.states],
        "error": record.failure.as_document() if record.failure else None,
        "failure_text": failure_text(record) if record.failure else None,
        "input": _value(execution.described.get("input")),
        "output": _value(execution.described.get("output")),
        "execution_arn": execution.arn,
    }


def detail_lines(document: Mapping[str, Any], width: int | None) -> list[str]:
    """Return what `details` found, for people.

    Parameters
    ----------
    document : mapping
        As `details` returns it.
    width : int or None
        Of the terminal; ``None`` is no limit. ARNs and addresses in JSON may be longer.
    """
    result = document["outcome"] or document["status"].lower().replace("_", " ")
    started = dt.datetime.fromisoformat(document["started_at"])
    redrives = document["redrives"]
    redriven = f", redriven {'once' if redrives == 1 else f'{redrives} times'}" if redrives else ""
    lines = [
        f"{document['name']}: {result}{redriven}",
        f"run {document['run_id']}, started {moment(started)} UTC, "
        f"duration {duration(document['seconds'])}",
        document["execution_arn"],
        "",
        *_state_lines(document["states"]),
    ]
    if document["failure_text"]:
        lines += [""]
        for line in document["failure_text"].splitlines():
            lines += wrapped(printable(line), width)
    for name in ("input", "output"):
        if document[name] is not None:
            pretty = json.dumps(document[name], indent=2, ensure_ascii=False)
            lines += ["", f"{name.capitalize()}:", *pretty.split("\n")]
    return [printable(line) for line in lines]


def _state(execution: Execution, state: StateRun) -> dict[str, Any]:
    return {
        "name": state.name,
        "kind": state.kind,
        "status": state.status,
        "started_at": state.started_at.isoformat(),
        "seconds": state.seconds,
        "attempts": state.attempts,
        "error": state.error,
        "jobs": [
            {"kind": job.kind, "name": job.name, "status": status_of(execution.access, job)}
            for job in state.jobs
        ],
    }


def _state_lines(states: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Give a line for each state, and below it one for each job of it."""
    header, *rows = columns([_COLUMNS, *map(_row, states)])
    yield header
    for state, row in zip(states, rows, strict=True):
        yield row
        for job in state["jobs"]:
            yield f"  {job['kind']} {job['name']} ({job['status'] or 'unknown'})"


def _row(state: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        state["name"],
        state["status"].lower().replace("_", " "),
        moment(dt.datetime.fromisoformat(state["started_at"])).partition(" ")[2],
        duration(state["seconds"]),
        str(state["attempts"] or ""),
    )


def _value(text: str | None) -> Any:
    """Read JSON; what is none stays text."""
    try:
        return json.loads(text or "null")
    except ValueError:
        return text
