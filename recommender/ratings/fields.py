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
FRONT_BYTES = 2 * WORD_BYTES
_BACK_BYTES = MAX_FIELD_BYTES + 2 * WORD_BYTES
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
        Bytes that the places point into; long enough for `words.load_words`. Overwritten when the
        scratch that was given is used again.
    text : bytes
        The same bytes, from `FRONT_BYTES` on.
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
    text: bytes
    starts: list[Places]
    ends: list[Places]
    lines: Places
    malformed_lines: Places
    n_lines: int


class Scratch:
    """Memory that is used for block after block: it stays in the cache, and is got only once."""

    def __init__(self) -> None:
        self._data = np.zeros(0, dtype=np.uint8)
        self._shifted = np.zeros(0, dtype=np.uint8)
        self._is_mark = np.zeros(0, dtype=bool)

    def pad(self, text: bytes) -> npt.NDArray[np.uint8]:
        """Put zeros around a text, so that words can be loaded from its ends."""
        n_bytes = FRONT_BYTES + len(text) + _BACK_BYTES
        if n_bytes > len(self._data):
            self._data = np.zeros(n_bytes, dtype=np.uint8)
            self._shifted = np.empty(n_bytes, dtype=np.uint8)
            self._is_mark = np.empty(n_bytes, dtype=bool)
        data = self._data[:n_bytes]
        data[FRONT_BYTES : FRONT_BYTES + len(text)] = np.frombuffer(text, dtype=np.uint8)
        data[FRONT_BYTES + len(text) :] = 0
        return data

    def find_marks(self, data: npt.NDArray[np.uint8], delimiter: int) -> Places:
        """Find delimiters and line feeds."""
        shifted, is_mark = self._shifted[: len(data)], self._is_mark[: len(data)]
        if delimiter == _NEWLINE - 1:  # a tab: one comparison finds both
            np.subtract(data, np.uint8(delimiter), out=shifted)
            np.less_equal(shifted, 1, out=is_mark)
        else:
            np.equal(data, delimiter, out=is_mark)
            np.logical_or(is_mark, data == _NEWLINE, out=is_mark)
        return np.flatnonzero(is_mark)

    def is_regular(self, data: npt.NDArray[np.uint8], marks: Places, n_fields: int) -> bool:
        """Tell whether each line has `n_fields` fields: every so many marks a line feed."""
        n_lines, rest = divmod(len(marks), n_fields)
        if rest or not (data[marks[n_fields - 1 :: n_fields]] == _NEWLINE).all():
            return False
        # No other mark is one. To count them in all bytes is faster than to look at each mark.
        is_newline = np.equal(data, _NEWLINE, out=self._is_mark[: len(data)])
        return int(np.count_nonzero(is_newline)) == n_lines


def split_fields(text: bytes, layout: FieldLayout, scratch: Scratch | None = None) -> Fields:
    """Find the fields of each line.

    Parameters
    ----------
    text : bytes
        Lines, each with its line feed.
    layout : FieldLayout
    scratch : Scratch or None
        None gets memory of its own.
    """
    scratch = scratch or Scratch()
    delimiter = layout.delimiter.encode("ascii")
    if len(delimiter) > 1:
        # A line that has the stand-in becomes malformed: it gets a NUL.
        text = text.replace(_UNIT_SEPARATOR, b"\0").replace(delimiter, _UNIT_SEPARATOR)
        delimiter = _UNIT_SEPARATOR
    data = scratch.pad(text)
    marks = scratch.find_marks(data, delimiter[0])
    has_quotes = layout.quoting and b'"' in text
    if b"\0" in text or has_quotes or not scratch.is_regular(data, marks, layout.n_fields):
        plain = _split_plain(data, text, marks, layout, has_quotes=has_quotes)
        return _add_quoted(plain, text, layout, delimiter) if has_quotes else plain.fields
    grid = marks.reshape(-1, layout.n_fields)
    line_starts = np.empty(len(grid), dtype=np.int64)
    line_starts[:1] = FRONT_BYTES
    line_starts[1:] = grid[:-1, -1] + 1
    starts, ends = _places(grid, line_starts, layout.positions)
    lines = np.arange(len(grid), dtype=np.int64)
    return Fields(data, text, starts, ends, lines, np.zeros(0, dtype=np.int64), len(grid))


def _places(
    grid: Places, line_starts: Places, positions: tuple[int, ...]
) -> tuple[list[Places], list[Places]]:
    starts = [grid[:, at - 1] + 1 if at else line_starts for at in positions]
    return starts, [grid[:, at] for at in positions]


@dataclass(frozen=True, slots=True)
class _PlainFields:
    """Fields of the lines without quotes, and where those with quotes are."""

    fields: Fields
    quoted_lines: Places
    quoted_starts: Places
    quoted_ends: Places


def _split_plain(
    data: npt.NDArray[np.uint8],
    text: bytes,
    marks: Places,
    layout: FieldLayout,
    *,
    has_quotes: bool,
) -> _PlainFields:
    line_ends = np.flatnonzero(data[marks] == _NEWLINE)
    first_marks = np.concatenate(([0], line_ends[:-1] + 1))
    ends = marks[line_ends]
    starts = np.concatenate(([FRONT_BYTES], ends[:-1] + 1))
    is_row = ends > starts
    is_clean = _count_per_line(data, _NUL, starts, ends) == 0
    is_plain = is_row & is_clean & (line_ends - first_marks + 1 == layout.n_fields)
    is_quoted = np.zeros(len(ends), dtype=bool)
    if has_quotes:
        is_quoted = is_row & is_clean & (_count_per_line(data, _QUOTE, starts, ends) > 0)
        is_plain &= ~is_quoted
    grid = marks[first_marks[is_plain][:, np.newaxis] + np.arange(layout.n_fields)]
    field_starts, field_ends = _places(grid, starts[is_plain], layout.positions)
    malformed = np.flatnonzero(is_row & ~is_plain & ~is_quoted)
    lines = np.flatnonzero(is_plain)
    fields = Fields(data, text, field_starts, field_ends, lines, malformed, len(ends))
    return _PlainFields(fields, np.flatnonzero(is_quoted), starts[is_quoted], ends[is_quoted])


def _add_quoted(plain: _PlainFields, text: bytes, layout: FieldLayout, delimiter: bytes) -> Fields:
    """Put the fields of lines with quotes behind the text, as if they had been found there."""
    found = plain.fields
    begin, end = plain.quoted_starts - FRONT_BYTES, plain.quoted_ends - FRONT_BYTES
    spans = zip(begin.tolist(), end.tolist(), strict=True)
    rows = [_split_quoted(text[start:stop], layout, delimiter) for start, stop in spans]
    is_good = np.array([row is not None for row in rows], dtype=bool)
    fields = [field for row in rows if row is not None for field in row]
    lengths = np.array([len(field) for field in fields], dtype=np.int64)
    ends = FRONT_BYTES + len(text) + np.cumsum(lengths)
    starts = ends - lengths
    text = b"".join((text, *fields))
    lines = np.concatenate((found.lines, plain.quoted_lines[is_good]))
    order = np.argsort(lines, kind="stable")
    n_wanted = len(layout.positions)
    return Fields(
        data=Scratch().pad(text),
        text=text,
        starts=[_merge(found.starts[at], starts[at::n_wanted], order) for at in range(n_wanted)],
        ends=[_merge(found.ends[at], ends[at::n_wanted], order) for at in range(n_wanted)],
        lines=lines[order],
        malformed_lines=np.sort(
            np.concatenate((found.malformed_lines, plain.quoted_lines[~is_good]))
        ),
        n_lines=found.n_lines,
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


def _merge(found: Places, more: Places, order: npt.NDArray[np.intp]) -> Places:
    merged: Places = np.concatenate((found, more))[order]
    return merged
