"""RecordIO-protobuf into sparse rows, vectorised over records.

Three decoders take what they can, each more general and slower than the one before: records of
two entries as machine words (`pairs`), records in the SDK's layout field by field (`columns`),
and all others one by one (`singles`). Only the last finds fault; the others leave what they do
not fully understand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from scipy.sparse import csr_matrix

from recommender.recordio.columns import decode_columns
from recommender.recordio.framing import Payloads, read_payloads
from recommender.recordio.layout import Schema
from recommender.recordio.pairs import decode_pairs
from recommender.recordio.rows import Decoded, Places, Rows, join, merge, regroup
from recommender.recordio.singles import decode_singles, first_schema
from recommender.recordio.sources import FileSource, MemorySource, Source


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
    chunks = _Chunks(source)
    for rows in regroup(chunks, rows_per_block):
        yield rows.matrix(chunks.n_columns)


def _all(source: Source) -> Decoded:
    chunks = _Chunks(source)
    rows = join(chunks)
    if rows is None:
        return csr_matrix(np.empty((0, 0), dtype=np.float32)), None
    return rows.matrix(chunks.n_columns)


# Records that are both fewer and shorter, in bytes altogether, are decoded sooner one by one.
_MANY, _MANY_BYTES = 16, 1500


class _Chunks:
    """Rows of a file, chunk by chunk."""

    def __init__(self, source: Source) -> None:
        self._payloads = read_payloads(source)
        self.n_columns = 0

    def __iter__(self) -> Iterator[Rows]:
        schema: Schema | None = None
        for payloads in self._payloads:
            if schema is None:
                schema = first_schema(payloads)
                self.n_columns = schema.n_columns
            yield _decode_chunk(payloads, schema)


def _decode_chunk(payloads: Payloads, schema: Schema) -> Rows:
    """Give each record to the fastest decoder that understands it."""
    left = np.arange(len(payloads))
    parts = []
    if _are_many(payloads, left):
        parts.append(decode_pairs(payloads, schema))
        left = _without(left, parts[-1][0])
    if _are_many(payloads, left):
        parts.append(decode_columns(payloads, left, schema))
        left = _without(left, parts[-1][0])
    if len(left):
        parts.append(decode_singles(payloads, left, schema))
    return merge([(numbers, rows) for numbers, rows in parts if len(numbers)])


def _are_many(payloads: Payloads, numbers: Places) -> bool:
    return len(numbers) >= _MANY or int(payloads.lengths[numbers].sum()) >= _MANY_BYTES


def _without(left: Places, done: Places) -> Places:
    if len(done) in (0, len(left)):
        return left[len(done) :]
    return np.setdiff1d(left, done, assume_unique=True)
