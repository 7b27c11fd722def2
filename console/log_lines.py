"""A log line as people read it, and as a JSON object."""

from __future__ import annotations

import json
from typing import Any

from console.printable import printable
from console.run_logs import LogLine

# What every line of a function has; its time is the line's.
_KNOWN = ("timestamp", "level", "logger", "message", "run_id", "exception")


def is_metrics_only(line: LogLine) -> bool:
    """Whether a line is one of CloudWatch's embedded metric format, which is not for reading."""
    return "_aws" in _fields(line)


def as_text(line: LogLine, run_id: str) -> list[str]:
    """Return time (UTC), step and message; the lines of an exception follow, indented.

    Parameters
    ----------
    line : LogLine
    run_id : str
        What names of jobs begin with, and is left out of them.
    """
    fields = _fields(line)
    message = line.message
    if "message" in fields:
        more = [f"{name}={_short(value)}" for name, value in fields.items() if name not in _KNOWN]
        message = " ".join([str(fields.get("level", "INFO")), str(fields["message"]), *more])
    where = f"{line.step} {line.job.removeprefix(f'{run_id}-')}" if line.job else line.step
    head = f"{line.time:%Y-%m-%d %H:%M:%S}.{line.time.microsecond // 1000:03d}"
    exception = str(fields.get("exception", "")).splitlines()
    return [
        printable(f"{head} {where}: {message}"),
        *(f"    {printable(text)}" for text in exception),
    ]


def as_document(line: LogLine) -> dict[str, Any]:
    """Return what ``--json`` prints of it."""
    return {
        "time": line.time.isoformat(timespec="milliseconds"),
        "step": line.step,
        "job": line.job,
        "stream": line.stream,
        "message": line.message,
    }


def _fields(line: LogLine) -> dict[str, Any]:
    """Read the JSON object that a function's line is; empty for any other line."""
    if line.job is not None or not line.message.startswith("{"):
        return {}
    try:
        value = json.loads(line.message)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
