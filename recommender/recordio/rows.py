"""Decoded rows: pieces of a sparse matrix with labels, cut and joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Decoded = tuple[csr_matrix[np.float32], npt.NDArray[np.float32] | None]
Places = npt.NDArray[np.int64]
# Memory that nobody has written to costs nothing, so arrays grow in few, large steps.
_GROWTH = 4


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a file.

    Attributes
    ----------
    counts : int32 array, shape (n_rows,)
        Entries of each row.
    keys : int32 or int64 array, shape (n_entries,)
    values : float32 array, shape (n_entries,)
    labels : float32 array, shape (n_rows,), or None
    """

    counts: npt.NDArray[np.int32]
    keys: npt.NDArray[Any]
    values: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32] | None

    def __len__(self) -> int:
        return len(self.counts)

    def split(self, at: int) -> tuple[Rows, Rows]:
        """Split the rows before row number `at`."""
        entries = int(self.counts[:at].sum())
        heads, tails = (None, None) if self.labels is None else (self.labels[:at], self.labels[at:])
        return (
            Rows(self.counts[:at], self.keys[:entries], self.values[:entries], heads),
            Rows(self.counts[at:], self.keys[entries:], self.values[entries:], tails),
        )

    def matrix(self, n_columns: int) -> Decoded:
        """Make the features a matrix of `n_columns` columns."""
        is_small = self.keys.dtype == np.int32 and len(self.keys) <= np.iinfo(np.int32).max
        indptr: npt.NDArray[Any] = np.zeros(len(self) + 1, dtype=np.int32 if is_small else np.int64)
        np.cumsum(self.counts, out=indptr[1:])
        shape = (len(self), n_columns)
        features: csr_matrix[np.float32] = csr_matrix((self.values, self.keys, indptr), shape=shape)
        return features, self.labels


def join(pieces: Iterable[Rows]) -> Rows | None:
    """Put rows behind rows, holding no more than one piece besides the result.

    None if there is no piece.
    """
    joined: _Joined | Rows | None = None
    for piece in pieces:
        if joined is None:
            joined = piece
            continue
        if isinstance(joined, Rows):
            joined = _Joined(joined)
        joined.append(piece)
    return joined.rows() if isinstance(joined, _Joined) else joined


class _Joined:
    """Rows that grow."""

    def __init__(self, first: Rows) -> None:
        self._counts = _Growing(first.counts)
        self._keys = _Growing(first.keys)
        self._values = _Growing(first.values)
        self._labels = None if first.labels is None else _Growing(first.labels)

    def append(self, rows: Rows) -> None:
        self._counts.append(rows.counts)
        self._keys.append(rows.keys)
        self._values.append(rows.values)
        if self._labels is not None and rows.labels is not None:
            self._labels.append(rows.labels)

    def rows(self) -> Rows:
        return Rows(
            self._counts.finish(),
            self._keys.finish(),
            self._values.finish(),
            None if self._labels is None else self._labels.finish(),
        )


class _Growing:
    """An array with room behind its end."""

    def __init__(self, first: npt.NDArray[Any]) -> None:
        self._room = first
        self._size = len(first)

    def append(self, more: npt.NDArray[Any]) -> None:
        size = self._size + len(more)
        if size > len(self._room):
            room = np.empty(_GROWTH * size, dtype=self._room.dtype)
            room[: self._size] = self._room[: self._size]
            self._room = room
        self._room[self._size : size] = more
        self._size = size

    def finish(self) -> npt.NDArray[Any]:
        """Give the room back and return the content."""
        if self._size < len(self._room):
            self._room.resize(self._size, refcheck=False)
        return self._room


def merge(parts: Sequence[tuple[Places, Rows]]) -> Rows:
    """Put rows back into their order.

    Parameters
    ----------
    parts : sequence of (row numbers, rows)
        Each number from 0 on is there once; ascending in each part.
    """
    if len(parts) == 1:
        return parts[0][1]
    n_rows = sum(len(numbers) for numbers, _ in parts)
    counts = np.empty(n_rows, dtype=np.int32)
    for numbers, rows in parts:
        counts[numbers] = rows.counts
    begins = np.cumsum(counts, dtype=np.int64) - counts
    n_entries = int(begins[-1] + counts[-1])
    keys = np.empty(n_entries, dtype=parts[0][1].keys.dtype)
    values = np.empty(n_entries, dtype=np.float32)
    is_labelled = parts[0][1].labels is not None
    labels = np.empty(n_rows, dtype=np.float32) if is_labelled else None
    for numbers, rows in parts:
        before = np.cumsum(rows.counts, dtype=np.int64) - rows.counts
        places = np.repeat(begins[numbers] - before, rows.counts) + np.arange(len(rows.keys))
        keys[places] = rows.keys
        values[places] = rows.values
        if labels is not None:
            labels[numbers] = rows.labels
    return Rows(counts, keys, values, labels)


def regroup(pieces: Iterable[Rows], n_rows: int) -> Iterator[Rows]:
    """Cut and join rows into blocks of `n_rows`; the last may be shorter."""
    block: list[Rows] = []
    missing = n_rows
    for piece in pieces:
        rest = piece
        while len(rest) >= missing:
            head, rest = rest.split(missing)
            if joined := join([*block, head]):
                yield joined
            block, missing = [], n_rows
        if len(rest):
            block.append(rest)
            missing -= len(rest)
    if joined := join(block):
        yield joined
