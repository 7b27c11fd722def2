"""Rows of text in columns, and times in words, the same for a terminal and a pipe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from console.printable import printable

_GAP = "  "


def columns(rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """Set rows in columns, one line each.

    Parameters
    ----------
    rows : sequence of sequence of str
        All of one length; what they say may come from elsewhere.
    width : int or None
        Where a row does not fit, its first cell, which names it, gets a line of its own;
        ``None`` is no limit.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    if width is not None:
        # As wide as the first cells that fit, the header's among them.
        room = max(len(shown[0][0]), width - sum(len(_GAP) + other for other in widths[1:]))
        widths[0] = max(len(row[0]) for row in shown if len(row[0]) <= room)
    lines = []
    for first, *others in shown:
        if len(first) > widths[0]:
            lines.append(first)
            first = ""
        cells = zip([first, *others], widths, strict=True)
        lines.append(_GAP.join(cell.ljust(width) for cell, width in cells).rstrip())
    return lines


def shortened(text: str, length: int) -> str:
    """Leave out the middle of a text that is longer than `length`."""
    if len(text) <= length:
        return text
    end = (length - 1) // 2
    return f"{text[: length - 1 - end]}…{text[-end:]}"


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
