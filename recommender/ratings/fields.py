"""Lines of delimited text into fields: where each begins and ends, found by whole arrays."""

from __future__ import annotations

import csv
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.ratings.words import WORD_BYTES

Places = npt.NDArray[np.int64]

MAX_FIELD_BYTES = 255  # of an id or a number; titles and other texts may be longer
# Words are loaded from up to two words before the end of a field and beyond its longest end.
_FRONT = bytes(2 * WORD_BYTES)
_BACK = bytes(MAX_FIELD_BYTES + 2 * WORD_BYTES)
_NEWLINE, _QUOTE, _NUL = 0x0A, 0x22, 0x00
# Stands for a delimiter of several characters.
_UNIT_SEPARATOR = b"\x1f"


@dataclass(frozen=True, slots=True)
class FieldLayout:
    """How the lines of a file are cut.

    Attributes
    ----------
    n_fields : int
        Fields of a well-formed line, two at least.
    positions : tuple of int
        0-based positions of the fields that are wanted.
    delimiter : str
        One character, or several, all ASCII.
    quoting : bool
        Whether ``"`` encloses fields (RFC 4180, within one line). If not, it is a character like
        any other, and cannot swallow line ends.
    """

    n_fields: int
    positions: tuple[int, ...]
    delimiter: str
    quoting: bool


@dataclass(frozen=True, slots=True)
class Fields:
    """The wanted fields of a block's well-formed lines.

    Attributes
    ----------
    data : uint8 array
        Bytes that the places point into; long enough for `words.load_words`.
    starts, ends : list of int64 array, shape (n_rows,)
        For each wanted position, where the field begins, and the first byte after it.
    lines : int64 array, shape (n_rows,)
        Which line of the block each row is, from 0.
    malformed_lines : int64 array
        Lines with another number of fields, with broken quoting, or with a NUL.
    n_lines : int
        Lines of the block, empty ones too, which are no rows.
    """

    data: npt.NDArray[np.uint8]
    starts: list[Places]
    ends: list[Places]
    lines: Places
    malformed_lines: Places
    n_lines: int


def split_fields(text: bytes, layout: FieldLayout) -> Fields:
    """Find the fields of each line.

    Parameters
    ----------
    text : bytes
        Lines, each with its line feed.
    layout : FieldLayout
    """
    delimiter = layout.delimiter.encode("ascii")
    if len(delimiter) > 1:
        # A line that has the stand-in becomes malformed: it gets a NUL.
        text = text.replace(_UNIT_SEPARATOR, b"\0").replace(delimiter, _UNIT_SEPARATOR)
        delimiter = _UNIT_SEPARATOR
    data = np.frombuffer(b"".join((_FRONT, text, _BACK)), dtype=np.uint8)
    inside = data[len(_FRONT) : len(_FRONT) + len(text)]
    marks = _find_marks(inside, delimiter[0])
    marks += len(_FRONT)
    line_ends = np.flatnonzero(data[marks] == _NEWLINE)
    has_quotes = layout.quoting and b'"' in text
    if b"\0" in text or has_quotes or not _is_regular(line_ends, len(marks), layout.n_fields):
        return _split_irregular(data, marks, line_ends, layout, delimiter, has_quotes=has_quotes)
    grid = marks.reshape(-1, layout.n_fields)
    line_starts = np.empty(len(grid), dtype=np.int64)
    line_starts[:1] = len(_FRONT)
    line_starts[1:] = grid[:-1, -1] + 1
    starts, ends = _places(grid, line_starts, layout.positions)
    lines = np.arange(len(grid), dtype=np.int64)
    return Fields(data, starts, ends, lines, np.zeros(0, dtype=np.int64), len(grid))


def _find_marks(data: npt.NDArray[np.uint8], delimiter: int) -> Places:
    if delimiter == _NEWLINE - 1:  # a tab: one comparison finds both
        return np.flatnonzero(data - np.uint8(delimiter) <= 1)
    return np.flatnonzero((data == delimiter) | (data == _NEWLINE))


def _is_regular(line_ends: Places, n_marks: int, n_fields: int) -> bool:
    return len(line_ends) * n_fields == n_marks and bool(
        (line_ends == np.arange(n_fields - 1, n_marks, n_fields)).all()
    )


def _places(
    grid: Places, line_starts: Places, positions: tuple[int, ...]
) -> tuple[list[Places], list[Places]]:
    starts = [grid[:, at - 1] + 1 if at else line_starts for at in positions]
    return starts, [grid[:, at] for at in positions]


def _split_irregular(
    data: npt.NDArray[np.uint8],
    marks: Places,
    line_ends: Places,
    layout: FieldLayout,
    delimiter: bytes,
    *,
    has_quotes: bool,
) -> Fields:
    first_marks = np.concatenate(([0], line_ends[:-1] + 1))
    ends = marks[line_ends]
    starts = np.concatenate(([len(_FRONT)], ends[:-1] + 1))
    is_row = ends > starts
    is_clean = _count_per_line(data, _NUL, starts, ends) == 0
    is_plain = is_row & is_clean & (line_ends - first_marks + 1 == layout.n_fields)
    is_quoted = np.zeros(len(ends), dtype=bool)
    if has_quotes:
        is_quoted = is_row & is_clean & (_count_per_line(data, _QUOTE, starts, ends) > 0)
        is_plain &= ~is_quoted
    grid = marks[first_marks[is_plain][:, np.newaxis] + np.arange(layout.n_fields)]
    field_starts, field_ends = _places(grid, starts[is_plain], layout.positions)
    lines = np.flatnonzero(is_plain)
    if has_quotes:
        quoted = np.flatnonzero(is_quoted)
        spans = zip(starts[quoted].tolist(), ends[quoted].tolist(), strict=True)
        rows = [_split_quoted(data[start:end].tobytes(), layout, delimiter) for start, end in spans]
        is_good = np.array([row is not None for row in rows], dtype=bool)
        data, more_starts, more_ends = _append(data, [row for row in rows if row is not None])
        lines = np.concatenate((lines, quoted[is_good]))
        order = np.argsort(lines, kind="stable")
        lines = lines[order]
        field_starts = _merge(field_starts, more_starts, order)
        field_ends = _merge(field_ends, more_ends, order)
    is_kept = np.zeros(len(ends), dtype=bool)
    is_kept[lines] = True
    return Fields(
        data, field_starts, field_ends, lines, np.flatnonzero(is_row & ~is_kept), len(ends)
    )


def _count_per_line(
    data: npt.NDArray[np.uint8], byte: int, starts: Places, ends: Places
) -> npt.NDArray[np.intp]:
    found = np.flatnonzero(data == byte)
    return np.searchsorted(found, ends) - np.searchsorted(found, starts)


def _split_quoted(line: bytes, layout: FieldLayout, delimiter: bytes) -> list[bytes] | None:
    try:
        text = line.decode("utf-8", errors="surrogateescape")
        row = next(csv.reader([text], delimiter=delimiter.decode(), strict=True))
    except csv.Error:
        return None
    if len(row) != layout.n_fields:
        return None
    return [row[at].encode("utf-8", errors="surrogateescape") for at in layout.positions]


def _append(
    data: npt.NDArray[np.uint8], rows: list[list[bytes]]
) -> tuple[npt.NDArray[np.uint8], list[Places], list[Places]]:
    """Put the fields behind the data, as if they had been found there."""
    fields = [field for row in rows for field in row]
    lengths = np.array([len(field) for field in fields], dtype=np.int64)
    ends = len(data) + np.cumsum(lengths)
    starts = ends - lengths
    added = np.frombuffer(b"".join((*fields, _BACK)), dtype=np.uint8)
    n_wanted = len(rows[0]) if rows else 0
    return (
        np.concatenate((data, added)),
        [starts[at::n_wanted] for at in range(n_wanted)],
        [ends[at::n_wanted] for at in range(n_wanted)],
    )


def _merge(found: list[Places], more: list[Places], order: npt.NDArray[np.intp]) -> list[Places]:
    if not more:
        return found
    return [np.concatenate(pair)[order] for pair in zip(found, more, strict=True)]
