"""RecordIO-protobuf into sparse rows, vectorised over records that look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from recommender.errors import RecordIOError
from recommender.recordio.framing import Payloads, find_payloads
from recommender.recordio.record import Record, parse_record

# Layouts tried per payload length, before the remaining records are taken one by one.
_MAX_LAYOUTS = 32

_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Group:
    """Records with equally many entries.

    Attributes
    ----------
    rows : int64 array, shape (n,)
        Which records they are.
    keys : int64 array, shape (n, n_entries)
    values : float32 array, shape (n, n_entries)
    labels : float32 array, shape (n,), or None
    n_columns : int
    """

    rows: _Rows
    keys: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32] | None
    n_columns: int


def decode(
    buffer: bytes | bytearray | memoryview,
) -> tuple[csr_matrix[np.float32], npt.NDArray[np.float32] | None]:
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
    payloads = find_payloads(buffer)
    n_samples = len(payloads.starts)
    if n_samples == 0:
        return csr_matrix(np.empty((0, 0), dtype=np.float32)), None
    groups: list[_Group] = []
    for length in np.unique(payloads.lengths):
        groups += _decode_length(payloads, np.flatnonzero(payloads.lengths == length))
    return _assemble(groups, n_samples, payloads.offsets)


def read(file: BinaryIO) -> tuple[csr_matrix[np.float32], npt.NDArray[np.float32] | None]:
    """Read rows from a RecordIO-protobuf file; see `decode`."""
    return decode(file.read())


def _decode_length(payloads: Payloads, rows: _Rows) -> list[_Group]:
    """Decode records whose payloads are equally long.

    Most of them differ only in values and keys. So the first is taken apart and serves as the
    pattern for all that have the same bytes elsewhere; then the first of the others, and so on.
    """
    groups: list[_Group] = []
    length = int(payloads.lengths[rows[0]])
    for _ in range(_MAX_LAYOUTS):
        if len(rows) == 0:
            return groups
        record, payload = _record(payloads, int(rows[0]))
        pattern = np.frombuffer(payload, dtype=np.uint8)
        table = payloads.data[payloads.starts[rows, None] + np.arange(length)]
        is_alike = ~((table ^ pattern) & _fixed_bits(record, length)).any(axis=1)
        n_columns = _check(record, payloads, int(rows[0]))
        groups.append(_extract(record, table[is_alike], rows[is_alike], n_columns))
        rows = rows[~is_alike]
    for row in rows:
        record, payload = _record(payloads, int(row))
        n_columns = _check(record, payloads, int(row))
        table = np.frombuffer(payload, dtype=np.uint8)[None]
        groups.append(_extract(record, table, np.array([row]), n_columns))
    return groups


def _record(payloads: Payloads, row: int) -> tuple[Record, bytes]:
    start = payloads.starts[row]
    payload = payloads.data[start : start + payloads.lengths[row]].tobytes()
    return parse_record(payload, where=_where(payloads.offsets, row)), payload


def _fixed_bits(record: Record, length: int) -> npt.NDArray[np.uint8]:
    """Mark the bits that make the layout: all but values, labels, and the digits of keys."""
    bits = np.full(length, 0xFF, dtype=np.uint8)
    for tensor in (record.features, record.label):
        for at in tensor.values_at if tensor else ():
            bits[at : at + 4] = 0
    for _, first, last in record.features.keys:
        bits[first:last] = 0x80
    return bits


def _extract(record: Record, table: npt.NDArray[np.uint8], rows: _Rows, n_columns: int) -> _Group:
    features = record.features
    values = _floats(table, features.values_at)
    if features.keys:
        keys = np.column_stack([_digits(table, first, last) for _, first, last in features.keys])
    else:
        keys = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    labels = None if record.label is None else _floats(table, record.label.values_at)[:, 0]
    return _Group(rows, keys, values, labels, n_columns)


def _floats(table: npt.NDArray[np.uint8], starts: list[int]) -> npt.NDArray[np.float32]:
    places = np.array(starts, dtype=np.int64)[:, None] + np.arange(4)
    content = np.ascontiguousarray(table[:, places.ravel()])
    return content.view("<f4").astype(np.float32, copy=False).reshape(len(table), len(starts))


def _digits(table: npt.NDArray[np.uint8], first: int, last: int) -> npt.NDArray[np.int64]:
    number = np.zeros(len(table), dtype=np.int64)
    for place, at in enumerate(range(first, last)):
        number |= (table[:, at].astype(np.int64) & 0x7F) << 7 * place
    return number


def _check(record: Record, payloads: Payloads, row: int) -> int:
    """Check what all records of one layout share; return the number of columns."""
    where = _where(payloads.offsets, row)
    features, label = record.features, record.label
    n_values, n_keys = len(features.values_at), len(features.keys)
    if n_keys and n_keys != n_values:
        raise RecordIOError(
            f"{where}: expected as many keys as values, found {n_keys} keys and {n_values} values"
        )
    if n_keys and not features.shape:
        raise RecordIOError(f"{where}: a sparse tensor needs a shape, found none")
    if len(features.shape) > 1:
        raise RecordIOError(f"{where}: expected a vector, found a tensor of shape {features.shape}")
    if label is not None and (len(label.values_at) != 1 or label.keys):
        raise RecordIOError(f"{where}: expected a label of one value, found {len(label.values_at)}")
    n_columns = features.shape[0] if features.shape else n_values
    if not n_keys and n_values not in (0, n_columns):
        raise RecordIOError(
            f"{where}: expected {n_columns} values of a dense tensor, found {n_values}"
        )
    return n_columns


def _assemble(
    groups: list[_Group], n_samples: int, offsets: _Rows
) -> tuple[csr_matrix[np.float32], npt.NDArray[np.float32] | None]:
    n_entries = np.zeros(n_samples, dtype=np.int64)
    columns = groups[0].n_columns
    for group in groups:
        n_entries[group.rows] = group.keys.shape[1]
        if group.n_columns != columns:
            raise RecordIOError(
                f"{_where(offsets, int(group.rows[0]))}: expected {columns} columns as in "
                f"{_where(offsets, int(groups[0].rows[0]))}, found {group.n_columns}"
            )
        _check_keys(group, offsets)
    indptr = np.concatenate(([0], np.cumsum(n_entries)))
    indices = np.empty(indptr[-1], dtype=np.int64)
    data = np.empty(indptr[-1], dtype=np.float32)
    for group in groups:
        places = indptr[group.rows, None] + np.arange(group.keys.shape[1])
        indices[places] = group.keys
        data[places] = group.values
    features = csr_matrix((data, indices, indptr), shape=(n_samples, columns))
    return features, _labels(groups, n_samples, offsets)


def _check_keys(group: _Group, offsets: _Rows) -> None:
    is_outside = ((group.keys < 0) | (group.keys >= group.n_columns)).any(axis=1)
    if is_outside.any():
        first = int(np.flatnonzero(is_outside)[0])
        raise RecordIOError(
            f"{_where(offsets, int(group.rows[first]))}: expected keys below the shape "
            f"{group.n_columns}, found {group.keys[first].max()}"
        )


def _labels(groups: list[_Group], n_samples: int, offsets: _Rows) -> npt.NDArray[np.float32] | None:
    labels = np.empty(n_samples, dtype=np.float32)
    bare = [group for group in groups if group.labels is None]
    for group in groups:
        if group.labels is not None:
            labels[group.rows] = group.labels
    if not bare:
        return labels
    if len(bare) == len(groups):
        return None
    first = min(int(group.rows.min()) for group in bare)
    raise RecordIOError(
        f"{_where(offsets, first)}: expected a label as in other records of the file, found none"
    )


def _where(offsets: _Rows, row: int) -> str:
    return f"record {row} at byte {offsets[row]}"
