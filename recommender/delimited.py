"""Delimited text in blocks of whole lines, every line accounted for.

pandas' reader drops or merges rows silently when a line has too few fields or a stray quote.
Here fields are counted first, per line and vectorised, and pandas sees only lines that have the
right number; the others are returned by their line numbers.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.errors import RatingsFormatError

GZIP_MAGIC = b"\x1f\x8b"
BLOCK_BYTES = 32 * 1024 * 1024
_NEWLINE, _QUOTE, _NUL = 0x0A, 0x22, 0x00


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines of a file.

    Attributes
    ----------
    data : bytes
        Lines that end in a line feed each, the last one included.
    first_line : int
        Number of the first line in its file, from 1.
    """

    data: bytes
    first_line: int


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a block's well-formed lines.

    Attributes
    ----------
    frame : DataFrame of str
        One row per well-formed line, in file order; columns are field positions.
    lines : int64 array, shape (len(frame),)
        Line number of each row.
    malformed_lines : int64 array
        Numbers of the lines with another number of fields, or with broken quoting.
    """

    frame: pd.DataFrame
    lines: npt.NDArray[np.int64]
    malformed_lines: npt.NDArray[np.int64]


def open_text(stream: BinaryIO) -> BinaryIO:
    """Undo gzip if the content is gzipped, whatever the file is called.

    Parameters
    ----------
    stream : binary file
        Read from its current position; need not be seekable.
    """
    head = stream.read(len(GZIP_MAGIC))
    rewound = io.BufferedReader(_Rewound(head, stream), buffer_size=1 << 20)
    if head == GZIP_MAGIC:
        return gzip.GzipFile(fileobj=rewound, mode="rb")  # type: ignore[return-value]
    return rewound


def line_blocks(
    stream: BinaryIO, *, where: str, block_bytes: int = BLOCK_BYTES
) -> Iterator[LineBlock]:
    """Cut a text into blocks of whole lines, so that memory stays bounded.

    A byte order mark and carriage returns before line feeds are removed.

    Parameters
    ----------
    stream : binary file
        Plain text.
    where : str
        Names the file in messages.
    block_bytes : int
        Size of a block, in bytes; a longer line makes a longer block.

    Raises
    ------
    RatingsFormatError
        If compressed content is truncated or corrupt.
    """
    carry, line, is_first = b"", 1, True
    while True:
        try:
            chunk = stream.read(block_bytes)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise RatingsFormatError(
                f"{where}: expected a whole gzip file, found one that is truncated or corrupt "
                f"({error}); copy it again"
            ) from error
        text = carry + chunk
        if is_first:
            text, is_first = text.removeprefix(b"\xef\xbb\xbf"), False
        if chunk:
            cut = text.rfind(b"\n") + 1
            text, carry = text[:cut], text[cut:]
        elif text and not text.endswith(b"\n"):
            text += b"\n"
        if text:
            if b"\r\n" in text:
                text = text.replace(b"\r\n", b"\n")
            yield LineBlock(text, line)
            line += text.count(b"\n")
        if not chunk:
            return


def split_fields(
    block: LineBlock, *, n_fields: int, positions: Sequence[int], delimiter: str, quoting: bool
) -> Fields:
    """Split the lines of a block into fields; empty lines are no rows.

    Parameters
    ----------
    block : LineBlock
    n_fields : int
        How many fields a well-formed line has.
    positions : sequence of int
        0-based positions of the fields to keep.
    delimiter : str
        One character.
    quoting : bool
        Whether ``"`` encloses fields (RFC 4180, within one line). If not, it is a character like
        any other, and cannot swallow line ends.
    """
    data = np.frombuffer(block.data, dtype=np.uint8)
    ends = np.flatnonzero(data == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    n_delimiters = _count_per_line(data, ord(delimiter), ends)
    has_nul = _count_per_line(data, _NUL, ends) > 0
    is_row = ends > starts
    is_plain = is_row & ~has_nul & (n_delimiters == n_fields - 1)
    numbers = block.first_line + np.arange(len(ends), dtype=np.int64)
    if quoting:
        is_quoted = is_row & ~has_nul & (_count_per_line(data, _QUOTE, ends) > 0)
        is_plain &= ~is_quoted
    frame = _read_plain(data, starts, ends, is_plain, n_fields, positions, delimiter)
    lines = numbers[is_plain]
    is_kept = is_plain
    if quoting and is_quoted.any():
        quoted = np.flatnonzero(is_quoted)
        texts = (_decode(block.data[starts[at] : ends[at]]) for at in quoted)
        rows = [_split_quoted(text, n_fields, delimiter) for text in texts]
        is_good = np.array([row is not None for row in rows])
        found = [[row[at] for at in sorted(set(positions))] for row in rows if row is not None]
        quoted_frame = pd.DataFrame(found, columns=frame.columns, dtype="str")
        lines = np.concatenate((lines, numbers[quoted[is_good]]))
        frame = pd.concat([frame, quoted_frame], ignore_index=True)
        order = np.argsort(lines, kind="stable")
        frame, lines = frame.iloc[order].reset_index(drop=True), lines[order]
        is_kept = is_plain.copy()
        is_kept[quoted[is_good]] = True
    return Fields(frame, lines, numbers[is_row & ~is_kept])


def first_line(block: LineBlock) -> str:
    """Give the first line of a block, without its line end."""
    return _decode(block.data[: block.data.index(b"\n")])


def without_first_line(block: LineBlock) -> LineBlock:
    """Drop the header; line numbers stay those of the file."""
    return LineBlock(block.data[block.data.index(b"\n") + 1 :], block.first_line + 1)


def without_blank_head(block: LineBlock) -> LineBlock:
    """Drop empty lines before the first that is not; line numbers stay those of the file."""
    content = block.data.lstrip(b"\n")
    return LineBlock(content, block.first_line + len(block.data) - len(content))


def split_line(line: str, *, delimiter: str, quoting: bool) -> list[str]:
    """Split one line, such as a header."""
    if not quoting:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [])


def _count_per_line(
    data: npt.NDArray[np.uint8], byte: int, ends: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    before_end = np.searchsorted(np.flatnonzero(data == byte), ends)
    return np.diff(before_end, prepend=0)


def _read_plain(
    data: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.intp],
    ends: npt.NDArray[np.intp],
    is_plain: npt.NDArray[np.bool_],
    n_fields: int,
    positions: Sequence[int],
    delimiter: str,
) -> pd.DataFrame:
    wanted = sorted(set(positions))
    if not is_plain.any():
        return pd.DataFrame({at: pd.Series([], dtype="str") for at in wanted})
    if not is_plain.all():
        data = data[np.repeat(is_plain, ends - starts + 1)]
    return pd.read_csv(
        io.BytesIO(data.tobytes()),
        sep=delimiter,
        header=None,
        names=list(range(n_fields)),
        usecols=wanted,
        dtype="str",
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        lineterminator="\n",
        skip_blank_lines=False,
        encoding="utf-8",
        encoding_errors="backslashreplace",  # keeps ids distinct where "replace" merges them
        low_memory=False,
    )


def _split_quoted(line: str, n_fields: int, delimiter: str) -> list[str] | None:
    try:
        row = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return row if len(row) == n_fields else None


def _decode(line: bytes) -> str:
    return line.decode("utf-8", errors="backslashreplace")


class _Rewound(io.RawIOBase):
    """A stream whose first bytes were read already, as if they had not been."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._head or self._rest.read(len(buffer))
        taken, self._head = chunk[: len(buffer)], b""
        buffer[: len(taken)] = taken
        return len(taken)
