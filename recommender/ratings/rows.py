"""Rows of ratings as arrays, in memory or, when there are many, on the local disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt

from recommender.errors import PREPARE_WITH_SPARK, RatingsTooLargeError


@dataclass(frozen=True, slots=True)
class Rows:
    """Ratings.

    Attributes
    ----------
    customer, video : int32 array, shape (n_rows,)
        Codes of `Identifiers`; after numbering, indices.
    rating : float32 array, shape (n_rows,)
    timestamp : int64 array, shape (n_rows,)
        Seconds since 1970 UTC, or `numerals.NO_TIMESTAMP`.
    line : uint32 array, shape (n_rows,)
        Where the rating was read, as `Accounting` numbers lines.
    """

    customer: npt.NDArray[np.int32]
    video: npt.NDArray[np.int32]
    rating: npt.NDArray[np.float32]
    timestamp: npt.NDArray[np.int64]
    line: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, columns: Iterable[npt.NDArray[Any]]) -> Self:
        """Make rows of the arrays, in the order of the attributes."""
        customer, video, rating, timestamp, line = columns
        return cls(customer, video, rating, timestamp, line)

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """All arrays."""
        return (self.customer, self.video, self.rating, self.timestamp, self.line)

    def take(self, which: npt.NDArray[np.generic] | slice) -> Rows:
        """Pick rows, by a mask, by places or by a slice, which copies nothing."""
        return Rows.of(column[which] for column in self.columns)


DTYPES: tuple[np.dtype[Any], ...] = tuple(map(np.dtype, ("<i4", "<i4", "<f4", "<i8", "<u4")))
ROW_BYTES = sum(dtype.itemsize for dtype in DTYPES)


def concatenate(parts: Sequence[Rows]) -> Rows:
    """Join rows."""
    if len(parts) == 1:
        return parts[0]
    return Rows.of(
        np.concatenate([np.zeros(0, dtype=dtype), *(part.columns[number] for part in parts)])
        for number, dtype in enumerate(DTYPES)
    )


@dataclass(frozen=True, slots=True)
class _OnDisk:
    offset: int
    n_rows: int

    def __len__(self) -> int:
        return self.n_rows


@dataclass(frozen=True, slots=True)
class _Extent:
    offset: int
    n_bytes: int


class RowStore:
    """Pieces of rows, kept in memory as long as they fit there, then in a temporary file.

    A context manager; the file has no name and is gone when it ends, however that happens.

    Parameters
    ----------
    memory_bytes : int
        Most memory for rows. The rest goes to the disk.
    disk_bytes : int or None
        Most bytes of the disk; None: no limit.
    folder : Path or None
        Where the temporary file is put; None: the system's folder for such.
    """

    def __init__(
        self, *, memory_bytes: int, disk_bytes: int | None = None, folder: Path | None = None
    ) -> None:
        self._memory_left = memory_bytes
        self._disk_bytes = disk_bytes
        self._folder = folder
        self._pieces: list[Rows | _OnDisk | None] = []
        self._free: list[_Extent] = []
        self._file: IO[bytes] | None = None
        self._n_file_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._pieces)

    @property
    def n_rows(self) -> int:
        """Rows of all pieces."""
        return sum(len(piece) for piece in self._pieces if piece is not None)

    @property
    def disk_bytes(self) -> int:
        """Size of the temporary file."""
        return self._n_file_bytes

    def append(self, rows: Rows) -> int:
        """Keep a piece and give its number.

        Raises
        ------
        RatingsTooLargeError
            If the disk has no room for it.
        """
        n_bytes = len(rows) * ROW_BYTES
        if n_bytes <= self._memory_left:
            self._memory_left -= n_bytes
            self._pieces.append(rows)
        else:
            self._pieces.append(self._write(rows))
        return len(self._pieces) - 1

    def load(self, number: int) -> Rows:
        """Give a piece back."""
        piece = self._pieces[number]
        if piece is None:
            raise ValueError(f"piece {number} was dropped")
        return self._read(piece) if isinstance(piece, _OnDisk) else piece

    def drop(self, number: int) -> None:
        """Forget a piece; its room can be used again."""
        piece = self._pieces[number]
        self._pieces[number] = None
        if isinstance(piece, _OnDisk):
            self._free.append(_Extent(piece.offset, piece.n_rows * ROW_BYTES))
        elif piece is not None:
            self._memory_left += len(piece) * ROW_BYTES

    def close(self) -> None:
        """Forget everything."""
        self._pieces, self._free = [], []
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, rows: Rows) -> _OnDisk:
        offset = self._find_room(len(rows) * ROW_BYTES)
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            self._file.seek(offset)
            for column, dtype in zip(rows.columns, DTYPES, strict=True):
                self._file.write(np.ascontiguousarray(column, dtype=dtype).data)
            self._file.flush()
        except OSError as error:
            raise _too_large(offset) from error
        return _OnDisk(offset, len(rows))

    def _find_room(self, n_bytes: int) -> int:
        for number, extent in enumerate(self._free):
            if extent.n_bytes >= n_bytes:
                self._free[number] = _Extent(extent.offset + n_bytes, extent.n_bytes - n_bytes)
                return extent.offset
        offset = self._n_file_bytes
        if self._disk_bytes is not None and offset + n_bytes > self._disk_bytes:
            raise _too_large(self._disk_bytes)
        self._n_file_bytes += n_bytes
        return offset

    def _read(self, piece: _OnDisk) -> Rows:
        if self._file is None:
            raise ValueError("the store is closed")
        self._file.seek(piece.offset)
        return Rows.of(
            np.frombuffer(self._file.read(piece.n_rows * dtype.itemsize), dtype=dtype)
            for dtype in DTYPES
        )


def _too_large(n_bytes: int) -> RatingsTooLargeError:
    return RatingsTooLargeError(
        f"the ratings need more than {n_bytes / 2**20:,.0f} MiB of local disk, which is all there "
        f"is; give the function more ephemeral storage, or {PREPARE_WITH_SPARK}"
    )
