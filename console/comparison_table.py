"""Runs side by side as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_uppercase

from console.columns import columns, shortened
from console.comparison import Row, RunComparison
from console.printable import printable
from console.terminal_text import wrapped

_BEST = " *"
_GAP = 2
# Longer texts, such as addresses, keep beginning and end; --json has all of them.
_LONGEST_TEXT = 18


def comparison_lines(comparison: RunComparison, width: int | None) -> list[str]:
    """Set runs in columns; in several tables, under one another, if they do not fit in one.

    Parameters
    ----------
    comparison : RunComparison
    width : int or None
        Of the terminal; ``None`` is no limit.
    """
    letters = ascii_uppercase[: len(comparison.runs)]
    lines = [
        printable(f"{letter}  {run.record.name}")
        for letter, run in zip(letters, comparison.runs, strict=True)
    ]
    rows = list(_rows(comparison, letters, width))
    for chosen in _fitting(rows, width):
        lines.append("")
        lines += columns([[row[0], *(row[at] for at in chosen)] for row in rows])
    if any(row.best for section in comparison.sections for row in section.rows):
        lines += ["", "* the best"]
    for warning in comparison.warnings:
        lines += ["", *wrapped(f"Warning: {printable(warning)}", width)]
    return lines


def _rows(comparison: RunComparison, letters: str, width: int | None) -> Iterator[list[str]]:
    """Give the header, then for each section its title and its rows."""
    yield ["", *letters]
    for section in comparison.sections:
        yield [section.title.upper(), *[""] * len(letters)]
        for row in section.rows:
            yield [f"  {row.label}", *_cells(row, width)]


def _cells(row: Row, width: int | None) -> Iterator[str]:
    for at, text in enumerate(row.texts):
        shown = printable(text) if width is None else shortened(printable(text), _LONGEST_TEXT)
        yield f"{shown}{_BEST}" if at in row.best else shown


def _fitting(rows: Sequence[Sequence[str]], width: int | None) -> Iterator[list[int]]:
    """Give the numbers of the columns that fit side by side, the first being in each table."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    chosen: list[int] = []
    used = widths[0]
    for at in range(1, len(widths)):
        if chosen and width is not None and used + _GAP + widths[at] > width:
            yield chosen
            chosen, used = [], widths[0]
        chosen.append(at)
        used += _GAP + widths[at]
    yield chosen
