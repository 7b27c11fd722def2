"""Sparse rows into RecordIO-protobuf, vectorised over rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from recommender.errors import RecordIOError
from recommender.recordio.framing import HEADER_BYTES, MAGIC_BYTES, MAX_PAYLOAD_BYTES
from recommender.recordio.layout import (
    FEATURES,
    FLOAT32_TENSOR,
    KEYS,
    LABEL_BYTES,
    LABEL_HEAD,
    MAP_KEY,
    MAP_VALUE,
    VALUES,
    Schema,
)
from recommender.recordio.varints import varint_sizes, varints_of_size, windows

# Rows, and entries, encoded at once: enough to amortise numpy's calls, few enough to stay in the
# cache.
BLOCK_ROWS = 16_384
BLOCK_ENTRIES = 1 << 17

_Sizes = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]


def encode(
    features: csr_matrix[Any], labels: npt.ArrayLike | None = None, *, block_rows: int = BLOCK_ROWS
) -> bytes:
    """Write rows as RecordIO-protobuf.

    Parameters
    ----------
    features : CSR matrix, shape (n_samples, feature_dim)
        Cast to float32. Stored entries are written as they are: in their order, explicit zeros
        and repeated columns included.
    labels : array-like or None, shape (n_samples,)
        Cast to float32: SageMaker's Factorization Machines accept nothing else, and the SDK's
        writer turns integers silently into an int32 tensor.
    block_rows : int
        Rows encoded at once.

    Returns
    -------
    bytes
        One frame per row.

    Raises
    ------
    RecordIOError
        If the numbers of rows and labels differ, an index lies outside the shape, or a row needs
        more than 2**29 - 1 bytes.
    """
    return b"".join(_encoded_blocks(features, labels, block_rows))


def write(file: BinaryIO, features: csr_matrix[Any], labels: npt.ArrayLike | None = None) -> None:
    """Write rows as RecordIO-protobuf to a file, with bounded memory.

    Parameters and errors are those of `encode`; nothing is written if the labels do not fit.
    """
    for block in _encoded_blocks(features, labels, BLOCK_ROWS):
        file.write(block)


def _encoded_blocks(
    features: csr_matrix[Any], labels: npt.ArrayLike | None, block_rows: int
) -> Iterator[memoryview]:
    """Check everything at once, encode block by block."""
    n_samples, feature_dim = features.shape
    label_values = None if labels is None else np.asarray(labels, dtype="<f4")
    if label_values is not None and label_values.shape != (n_samples,):
        raise RecordIOError(
            f"expected one label for each of {n_samples} rows, found labels of shape "
            f"{label_values.shape}"
        )
    rows = csr_matrix(features)
    schema = Schema(feature_dim, is_labelled=label_values is not None)
    return (
        _encode_block(_block(rows, label_values, start, stop), schema)
        for start, stop in _cuts(rows.indptr, block_rows)
    )


def _block(
    rows: csr_matrix[Any], labels: npt.NDArray[np.float32] | None, start: int, stop: int
) -> _Block:
    entries = slice(rows.indptr[start], rows.indptr[stop])
    return _Block(
        np.diff(rows.indptr[start : stop + 1]).astype(np.int64),
        rows.indices[entries],
        rows.data[entries].astype("<f4", copy=False),
        None if labels is None else labels[start:stop],
        start,
    )


def _cuts(indptr: npt.NDArray[Any], block_rows: int) -> Iterator[tuple[int, int]]:
    """Cut rows into blocks of so many rows and entries, or of one row."""
    start, n_rows = 0, len(indptr) - 1
    while start < n_rows:
        fitting = np.searchsorted(indptr, indptr[start] + BLOCK_ENTRIES, side="right") - 1
        stop = min(start + block_rows, max(start + 1, int(fitting)), n_rows)
        yield start, stop
        start = stop


@dataclass(frozen=True, slots=True)
class _Block:
    """Some consecutive rows.

    Attributes
    ----------
    counts : int64 array, shape (n_rows,)
        Entries of each row.
    keys, values : integer and float32 array, shape (n_entries,)
    labels : float32 array, shape (n_rows,), or None
    first : int
        The first row's number.
    """

    counts: _Sizes
    keys: npt.NDArray[Any]
    values: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32] | None
    first: int


def _encode_block(block: _Block, schema: Schema) -> memoryview:
    """Compute every length first, then write each piece of all rows at once."""
    counts, keys = block.counts, block.keys
    if len(keys) and not 0 <= keys.min() <= keys.max() < schema.n_columns:
        raise RecordIOError(
            f"rows from {block.first} on: expected columns from 0 to {schema.n_columns - 1}, "
            f"found {keys.min()} to {keys.max()}"
        )
    key_sizes = varint_sizes(keys)
    key_places = np.concatenate(([0], np.cumsum(key_sizes)))
    row_ends = np.cumsum(counts)
    keys_length = key_places[row_ends] - key_places[row_ends - counts]
    # Protobuf leaves an empty packed field out altogether.
    is_filled = counts > 0
    entries_length = is_filled * (_field_length(4 * counts) + _field_length(keys_length))
    tensor_length = entries_length + len(schema.shape_field)
    value_length = _field_length(tensor_length)
    map_length = len(MAP_KEY) + _field_length(value_length)
    payload_length = _field_length(map_length) + (LABEL_BYTES if schema.is_labelled else 0)
    if (payload_length > MAX_PAYLOAD_BYTES).any():
        raise RecordIOError(
            f"row {block.first + int(payload_length.argmax())} needs {payload_length.max()} "
            f"bytes, a record holds at most {MAX_PAYLOAD_BYTES}"
        )
    frame_length = HEADER_BYTES + (payload_length + 3) // 4 * 4
    frame_ends = np.cumsum(frame_length)
    out = np.zeros(int(frame_ends[-1]), dtype=np.uint8)

    cursor = _Cursor(out, frame_ends - frame_length)
    cursor.constant(MAGIC_BYTES)
    cursor.fixed32(payload_length.astype("<u4"))
    for tag, length in (
        (FEATURES, map_length),
        (MAP_KEY + MAP_VALUE, value_length),
        (FLOAT32_TENSOR, tensor_length),
    ):
        cursor.constant(tag)
        cursor.varint(length)
    filled = _Cursor(out, cursor.at[is_filled])
    _write_entries(filled, block, keys_length[is_filled], key_places[:-1], key_sizes)
    cursor.at += entries_length
    cursor.constant(schema.shape_field)
    if block.labels is not None:
        cursor.constant(LABEL_HEAD)
        cursor.fixed32(block.labels)
    return out.data


def _write_entries(
    cursor: _Cursor, block: _Block, keys_length: _Sizes, key_places: _Sizes, key_sizes: _Sizes
) -> None:
    """Write values and keys of the rows that have any, at the cursor of each."""
    counts = block.counts[block.counts > 0]
    cursor.constant(VALUES)
    cursor.varint(4 * counts)
    cursor.each(counts, np.arange(0, 4 * len(block.values), 4)).fixed32(block.values)
    cursor.at += 4 * counts
    cursor.constant(KEYS)
    cursor.varint(keys_length)
    cursor.each(counts, key_places).varints(block.keys, key_sizes)


class _Cursor:
    """One writing position per row (or per entry) in a common output."""

    def __init__(self, out: _Bytes, at: _Sizes) -> None:
        self.out = out
        self.at = at

    def each(self, counts: _Sizes, places: _Sizes) -> _Cursor:
        """Point to each entry.

        Parameters
        ----------
        counts : int64 array, shape (n_rows,)
            Entries of each row, at least 1.
        places : int64 array, shape (n_entries,)
            How far each lies behind the first of all, if there is nothing between rows.
        """
        firsts = np.cumsum(counts) - counts
        return _Cursor(self.out, np.repeat(self.at - places[firsts], counts) + places)

    def constant(self, content: bytes) -> None:
        self._write(np.frombuffer(content, dtype=f"V{len(content)}"), self.at)
        self.at = self.at + len(content)

    def fixed32(self, numbers: npt.NDArray[Any]) -> None:
        self._write(np.ascontiguousarray(numbers).view("V4"), self.at)
        self.at = self.at + 4

    def varint(self, numbers: npt.NDArray[Any]) -> None:
        sizes = varint_sizes(numbers)
        self.varints(numbers, sizes)
        self.at = self.at + sizes

    def varints(self, numbers: npt.NDArray[Any], sizes: _Sizes) -> None:
        """Write numbers whose sizes are known, and stay."""
        for size in range(1, int(sizes.max(initial=0)) + 1):
            chosen = np.flatnonzero(sizes == size)
            if len(chosen) == len(sizes):
                self._write(varints_of_size(numbers, size), self.at)
            elif len(chosen):
                self._write(varints_of_size(numbers[chosen], size), self.at[chosen])

    def _write(self, content: npt.NDArray[np.void], at: _Sizes) -> None:
        windows(self.out, content.itemsize)[at] = content


def _field_length(content_length: _Sizes) -> _Sizes:
    """Give the bytes of tag, length and content."""
    return 1 + varint_sizes(content_length) + content_length
