"""RecordIO-protobuf into sparse rows.

Nearly all records have the SDK's layout and are decoded by a compiled loop (`scanning`); those at
which it stops are read one by one (`singles`), and only these are ever found fault with.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from scipy.sparse import csr_matrix

from recommender.recordio.framing import HEADER_BYTES, read_record
from recommender.recordio.layout import Schema
from recommender.recordio.rows import Decoded, Rows
from recommender.recordio.singles import decode_single, first_schema
from recommender.recordio.sources import FileSource, MemorySource, Source

# Read from a file at once; more only if a record is longer.
CHUNK_BYTES = 1 << 21
_VALUE_BYTES = 4


def decode(buffer: bytes | bytearray | memoryview) -> Decoded:
    """Read rows from RecordIO-protobuf.

    Parameters
    ----------
    buffer : bytes-like
        A whole file. Sparse and dense float32 tensors are understood; records split over several
        frames are joined.

    Returns
    -------
    features : CSR matrix of float32, shape (n_samples, feature_dim)
        Entries in the order of the file. ``(0, 0)`` for an empty file.
    labels : float32 array, shape (n_samples,), or None
        None if the records carry none.

    Raises
    ------
    RecordIOError
        If the bytes are not RecordIO-protobuf of float32 tensors with one common shape, or only
        some records are labelled; says at which byte.
    """
    return _all(MemorySource(buffer))


def read(file: BinaryIO) -> Decoded:
    """Read rows from a RecordIO-protobuf file; see `decode`.

    The file is read in pieces: memory holds the rows, not the file.
    """
    return _all(FileSource(file))


def read_blocks(file: BinaryIO, rows_per_block: int) -> Iterator[Decoded]:
    """Read rows from a RecordIO-protobuf file of any size, some at a time.

    Parameters
    ----------
    file : binary file
    rows_per_block : int
        Rows of each block but the last, which may have fewer.

    Yields
    ------
    features, labels
        As `decode` returns. Nothing for an empty file.

    Raises
    ------
    RecordIOError
        As `decode`, when the reading gets there.
    ValueError
        If `rows_per_block` is not positive.
    """
    if rows_per_block < 1:
        raise ValueError(f"expected rows_per_block of at least 1, found {rows_per_block}")
    return _blocks(FileSource(file), rows_per_block)


def _blocks(source: Source, rows_per_block: int) -> Iterator[Decoded]:
    reader = _Reader(source)
    while (rows := reader.read(rows_per_block)) is not None:
        yield rows.finish()


def _all(source: Source) -> Decoded:
    rows = _Reader(source).read(sys.maxsize)
    if rows is None:
        return csr_matrix(np.empty((0, 0), dtype=np.float32)), None
    return rows.finish()


class _Reader:
    """A place in a file, which moves from front to back."""

    def __init__(self, source: Source) -> None:
        self._scan = _compiled_scan()
        self._source = source
        self._chunk = source.chunk(0, CHUNK_BYTES)
        self._at = 0  # in the chunk
        self._n_read = 0
        self._schema: Schema | None = None

    def read(self, n_rows: int) -> Rows | None:
        """Read up to so many rows; fewer only at the file's end, None if there are none."""
        if self._schema is None and (record := self._first_record()) is not None:
            self._schema = first_schema(record, where=self._where())
        if self._schema is None:
            return None
        rows = Rows(self._schema)
        while rows.n_rows < n_rows:
            self._read_many(rows, n_rows)
            if rows.n_rows < n_rows and not self._read_one(rows) and not self._advance():
                break
        return rows if rows.n_rows else None

    def _read_many(self, rows: Rows, n_rows: int) -> None:
        """Read the rows that the compiled loop understands, until there are `n_rows`."""
        n_bytes = self._chunk.size - self._at
        rows.reserve(min(n_rows - rows.n_rows, n_bytes // HEADER_BYTES), n_bytes // _VALUE_BYTES)
        before = rows.n_rows
        progress = np.array([self._at, rows.n_rows, rows.n_entries])
        self._scan(
            self._chunk.data,
            progress,
            rows.schema.n_columns,
            rows.schema.is_labelled,
            min(n_rows, len(rows.ends)),
            rows.ends,
            rows.keys.view(np.int32),
            rows.values.view(np.int32),
            rows.labels.view(np.int32),
        )
        self._at, rows.n_rows, rows.n_entries = progress.tolist()
        self._n_read += rows.n_rows - before

    def _read_one(self, rows: Rows) -> bool:
        """Read the next record, whatever it is; False if the chunk does not hold all of it."""
        found = read_record(self._chunk, self._at)
        if found is None:
            return False
        payload, end = found
        rows.append(decode_single(payload, rows.schema, where=self._where()))
        self._at = end
        self._n_read += 1
        return True

    def _first_record(self) -> bytes | None:
        """Return the first record, and stay before it; None if there is none."""
        while (found := read_record(self._chunk, self._at)) is None:
            if not self._advance():
                return None
        return found[0]

    def _advance(self) -> bool:
        """Fetch the chunk that begins with the next record; False if the file has ended."""
        if self._chunk.is_end:
            return False
        size = CHUNK_BYTES if self._at else max(CHUNK_BYTES, 2 * self._chunk.size)
        self._chunk = self._source.chunk(self._chunk.offset + self._at, size)
        self._at = 0
        return True

    def _where(self) -> str:
        """Name the next record in a message."""
        return f"record {self._n_read} at byte {self._chunk.offset + self._at}"


def _compiled_scan() -> Any:
    """Import the compiled loop when something is decoded: who only encodes needs no numba."""
    try:
        from recommender.recordio.scanning import scan
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"decoding RecordIO-protobuf needs numba ({error}); install it, or the dependency "
            'group "local" of pyproject.toml',
            name=error.name,
        ) from error
    return scan
