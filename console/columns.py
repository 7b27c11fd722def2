"""Rows of text in columns, and times in words, the same for a terminal and a pipe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from console.printable import printable


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows in columns, one line each.

    Parameters
    ----------
    rows : sequence of sequence of str
        All of one length; what they say may come from elsewhere.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


def duration(seconds: float | None) -> str:
    """Say a duration, for example ``4.2 s``, ``12:05`` (minutes) or ``2:03:00`` (hours)."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def moment(time: dt.datetime) -> str:
    """Say a time in UTC, to the second."""
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"
