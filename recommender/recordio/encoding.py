"""Sparse rows into RecordIO-protobuf, vectorised over rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from recommender.errors import RecordIOError
from recommender.recordio.framing import HEADER_BYTES, MAGIC_BYTES, MAX_PAYLOAD_BYTES

# Rows encoded at once: enough to amortise numpy's calls, few enough to stay in the cache.
BLOCK_ROWS = 32_768

# Tags of record.proto: field number << 3 | 2 (length-delimited).
_FEATURES = b"\x0a"
_LABEL = b"\x12"
_MAP_KEY = b"\x0a\x06values"
_MAP_VALUE = b"\x12"
_FLOAT32_TENSOR = b"\x12"
_VALUES, _KEYS, _SHAPE = b"\x0a", b"\x12", b"\x1a"
# label {"values": float32_tensor {values: [<4 bytes follow>]}}
_LABEL_HEAD = _LABEL + b"\x12" + _MAP_KEY + _MAP_VALUE + b"\x08" + _FLOAT32_TENSOR + b"\x06\x0a\x04"

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
        If the numbers of rows and labels differ, or a row needs more than 2**29 - 1 bytes.
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
) -> Iterator[bytes]:
    """Check everything at once, encode block by block."""
    n_samples, feature_dim = features.shape
    label_values = None if labels is None else np.asarray(labels, dtype="<f4")
    if label_values is not None and label_values.shape != (n_samples,):
        raise RecordIOError(
            f"expected one label for each of {n_samples} rows, found labels of shape "
            f"{label_values.shape}"
        )
    rows = csr_matrix(features)
    return (
        _encode_block(
            np.diff(rows.indptr[at : at + block_rows + 1]).astype(np.int64),
            rows.indices[rows.indptr[at] : rows.indptr[min(at + block_rows, n_samples)]],
            rows.data[rows.indptr[at] : rows.indptr[min(at + block_rows, n_samples)]],
            None if label_values is None else label_values[at : at + block_rows],
            feature_dim,
        )
        for at in range(0, n_samples, block_rows)
    )


def _encode_block(
    n_entries: _Sizes,
    keys: npt.NDArray[Any],
    values: npt.NDArray[Any],
    labels: npt.NDArray[np.float32] | None,
    feature_dim: int,
) -> bytes:
    """Compute every length first, then write each piece of all rows at once."""
    key_sizes = _varint_sizes(keys)
    key_ends = np.concatenate(([0], np.cumsum(key_sizes)))
    row_ends = np.cumsum(n_entries)
    row_begins = row_ends - n_entries
    keys_length = key_ends[row_ends] - key_ends[row_begins]
    values_length = 4 * n_entries
    # Protobuf leaves an empty packed field out altogether.
    is_filled = n_entries > 0
    entries_length = is_filled * (_field_length(values_length) + _field_length(keys_length))
    shape = _varint(feature_dim)
    shape_field = _SHAPE + _varint(len(shape)) + shape
    tensor_length = entries_length + len(shape_field)
    value_length = _field_length(tensor_length)
    map_length = len(_MAP_KEY) + _field_length(value_length)
    label_length = 0 if labels is None else len(_LABEL_HEAD) + 4
    payload_length = _field_length(map_length) + label_length
    if (payload_length > MAX_PAYLOAD_BYTES).any():
        raise RecordIOError(
            f"a row needs {payload_length.max()} bytes, a record holds at most {MAX_PAYLOAD_BYTES}"
        )
    frame_length = HEADER_BYTES + (payload_length + 3) // 4 * 4
    frame_ends = np.cumsum(frame_length)
    out = np.zeros(int(frame_ends[-1]), dtype=np.uint8)

    cursor = _Cursor(out, frame_ends - frame_length)
    cursor.constant(MAGIC_BYTES)
    cursor.fixed32(payload_length.astype("<u4"))
    cursor.constant(_FEATURES)
    cursor.varint(map_length)
    cursor.constant(_MAP_KEY + _MAP_VALUE)
    cursor.varint(value_length)
    cursor.constant(_FLOAT32_TENSOR)
    cursor.varint(tensor_length)
    filled = cursor.only(is_filled)
    filled.constant(_VALUES)
    filled.varint(values_length[is_filled])
    in_row = np.arange(len(keys)) - np.repeat(row_begins, n_entries)
    value_cursor = _Cursor(out, np.repeat(filled.at, n_entries[is_filled]) + 4 * in_row)
    value_cursor.fixed32(values.astype("<f4"))
    filled.at += values_length[is_filled]
    filled.constant(_KEYS)
    filled.varint(keys_length[is_filled])
    in_keys = key_ends[:-1] - np.repeat(key_ends[row_begins], n_entries)
    key_cursor = _Cursor(out, np.repeat(filled.at, n_entries[is_filled]) + in_keys)
    key_cursor.varint(keys.astype(np.int64), key_sizes)
    cursor.at += entries_length
    cursor.constant(shape_field)
    if labels is not None:
        cursor.constant(_LABEL_HEAD)
        cursor.fixed32(labels)
    return out.tobytes()


class _Cursor:
    """One writing position per row (or per entry) in a common output."""

    def __init__(self, out: _Bytes, at: _Sizes) -> None:
        self.out = out
        self.at = at

    def only(self, mask: npt.NDArray[np.bool_]) -> _Cursor:
        return _Cursor(self.out, self.at[mask])

    def constant(self, content: bytes) -> None:
        for shift, byte in enumerate(content):
            self.out[self.at + shift] = byte
        self.at = self.at + len(content)

    def fixed32(self, numbers: npt.NDArray[Any]) -> None:
        content = np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, 4)
        for shift in range(4):
            self.out[self.at + shift] = content[:, shift]
        self.at = self.at + 4

    def varint(self, numbers: _Sizes, sizes: _Sizes | None = None) -> None:
        if len(numbers) == 0:
            return
        sizes = _varint_sizes(numbers) if sizes is None else sizes
        for place in range(int(sizes.max())):
            is_here = sizes > place
            more = (sizes[is_here] > place + 1).astype(np.int64) << 7
            self.out[self.at[is_here] + place] = numbers[is_here] >> 7 * place & 0x7F | more
        self.at = self.at + sizes


def _field_length(content_length: _Sizes) -> _Sizes:
    """Give the bytes of tag, length and content."""
    return 1 + _varint_sizes(content_length) + content_length


def _varint_sizes(numbers: npt.NDArray[Any]) -> _Sizes:
    """Give the bytes that protobuf's base-128 numbers take."""
    sizes = np.ones(len(numbers), dtype=np.int64)
    limit, largest = 1 << 7, int(numbers.max()) if len(numbers) else 0
    while limit <= largest:
        sizes += numbers >= limit
        limit <<= 7
    return sizes


def _varint(number: int) -> bytes:
    content = bytearray()
    while number > 0x7F:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    content.append(number)
    return bytes(content)
