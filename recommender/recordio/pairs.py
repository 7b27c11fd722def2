"""Records of two entries, as one-hot rows are: the decoder's fast path.

Where both keys take at most four bytes, such records differ from each other in nothing but
values, digits of keys, and label, once the sizes of the two keys are given. So all records of
equal length are fetched as the rows of a table and compared with the pattern of their length at
once; both keys of a row are decoded in one machine word.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.recordio.framing import Payloads
from recommender.recordio.layout import Schema, sparse_record
from recommender.recordio.rows import Places, Rows
from recommender.recordio.varints import join_digits

_MAX_KEY_BYTES = 4
# Rows of a table that are combined as one, to keep numpy's inner loops long.
_LANES = 64

_Table = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What records with two keys of given sizes have in common.

    Attributes
    ----------
    set, clear : uint32 array, shape (n_words,)
        The bits that are set in each of them, and those that are not; all others are free.
    n_bytes : int
        The record's length.
    values_at, keys_at, keys_end, label_at : int
        Places in the record, in bytes; two float32 values at `values_at`.
    """

    set: npt.NDArray[np.uint32]
    clear: npt.NDArray[np.uint32]
    n_bytes: int
    values_at: int
    keys_at: int
    keys_end: int
    label_at: int


@lru_cache(maxsize=256)
def _pattern(schema: Schema, first: int, second: int) -> _Pattern:
    """Compare the records with the least and the greatest numbers in all free places."""
    sizes = (first, second)
    lowest = b"".join(b"\x80" * (size - 1) + b"\x00" for size in sizes)
    highest = b"".join(b"\xff" * (size - 1) + b"\x7f" for size in sizes)
    low = sparse_record(bytes(8), lowest, schema, bytes(4))
    high = sparse_record(b"\xff" * 8, highest, schema, b"\xff" * 4)
    values_at = low.index(bytes(8))
    keys_at = values_at + 8 + 2
    padding = -len(low) % 4
    return _Pattern(
        set=np.frombuffer(low + bytes(padding), dtype="<u4"),
        clear=~np.frombuffer(high + b"\xff" * padding, dtype="<u4"),
        n_bytes=len(low),
        values_at=values_at,
        keys_at=keys_at,
        keys_end=keys_at + first + second,
        label_at=len(low) - 4,
    )


def decode_pairs(payloads: Payloads, schema: Schema) -> tuple[Places, Rows]:
    """Decode the records that have two entries in the SDK's layout.

    Parameters
    ----------
    payloads : Payloads
    schema : Schema
        Records that break it are left out.

    Returns
    -------
    numbers : int64 array, shape (n_rows,)
        Which records they are, ascending.
    rows : Rows
        Their content.
    """
    found = _Pairs(len(payloads), schema)
    lengths = payloads.lengths
    shortest = _pattern(schema, 1, 1).n_bytes
    longest = shortest + 2 * (_MAX_KEY_BYTES - 1)
    for length in range(max(shortest, lengths.min()), min(longest, lengths.max()) + 1):
        numbers = np.flatnonzero(lengths == length)
        if len(numbers):
            found.add(_table(payloads, numbers), numbers, n_key_bytes=2 + length - shortest)
    return found.rows()


def _table(payloads: Payloads, numbers: Places) -> _Table:
    """Fetch equally long records as rows of words."""
    n_words = -(-int(payloads.lengths[numbers[0]]) // 4)
    runs = np.ndarray(
        (len(payloads.data) // 4 - n_words + 1,),
        dtype=f"V{4 * n_words}",
        buffer=payloads.data.data,
        strides=(4,),
    )
    return runs[payloads.starts[numbers]].view("<u4").reshape(-1, n_words)


class _Pairs:
    """Two keys, two values and a label of each record, as far as they are found."""

    def __init__(self, n_records: int, schema: Schema) -> None:
        self._schema = schema
        self._keys = np.empty(n_records, dtype=np.uint64)
        self._values = np.empty(n_records, dtype=np.uint64)
        self._labels = np.empty(n_records if schema.is_labelled else 0, dtype=np.float32)
        self._found: list[Places] = []

    def add(self, table: _Table, numbers: Places, *, n_key_bytes: int) -> None:
        """Take those of some equally long records that fit a pattern."""
        keys_at = _pattern(self._schema, 1, 1).keys_at
        sizes = [
            first
            for first in range(1, _MAX_KEY_BYTES + 1)
            if 1 <= n_key_bytes - first <= _MAX_KEY_BYTES
        ]
        while sizes and len(numbers):
            first = _first_size(table[0], keys_at)
            sizes.remove(first if first in sizes else (first := sizes[0]))
            pattern = _pattern(self._schema, first, n_key_bytes - first)
            always, ever = _common_bits(table)
            if not (~always & pattern.set | ever & pattern.clear).any():
                self._extract(table, numbers, pattern, first)
                return
            fits = ~((table ^ pattern.set) & (pattern.set | pattern.clear)).any(axis=1)
            self._extract(table[fits], numbers[fits], pattern, first)
            table, numbers = table[~fits], numbers[~fits]

    def _extract(self, table: _Table, numbers: Places, pattern: _Pattern, first: int) -> None:
        # The word that ends with the keys: one is moved to its lower half, the other to the upper.
        word = _column(table, pattern.keys_end - 8, np.uint64)
        second = pattern.keys_end - pattern.keys_at - first
        keys = word >> 8 * (8 - first - second)
        keys &= 0x7F7F7F7F >> 8 * (4 - first)
        word >>= 8 * (4 - second)
        word &= (0x7F7F7F7F >> 8 * (4 - second)) << 32
        keys |= word
        keys = join_digits(keys, n_bytes=4)
        if int(keys.view(np.uint32).max(initial=0)) >= self._schema.n_columns:
            fits = (keys.view(np.uint32).reshape(-1, 2) < self._schema.n_columns).all(axis=1)
            table, numbers, keys = table[fits], numbers[fits], keys[fits]
        self._keys[numbers] = keys
        self._values[numbers] = _column(table, pattern.values_at, np.uint64)
        if self._schema.is_labelled:
            self._labels[numbers] = _column(table, pattern.label_at, np.float32)
        self._found.append(numbers)

    def rows(self) -> tuple[Places, Rows]:
        """Return what was found, and where."""
        keys, values, labels = self._keys, self._values, self._labels
        if sum(map(len, self._found)) == len(keys):
            numbers = np.arange(len(keys))
        else:
            numbers = np.sort(np.concatenate([*self._found, np.empty(0, dtype=np.int64)]))
            keys, values = keys[numbers], values[numbers]
            labels = labels[numbers] if self._schema.is_labelled else labels
        return numbers, Rows(
            np.full(len(numbers), 2, dtype=np.int32),
            keys.view(np.int32).astype(self._schema.key_type, copy=False),
            values.view(np.float32),
            labels if self._schema.is_labelled else None,
        )


def _first_size(record: npt.NDArray[np.uint32], keys_at: int) -> int:
    """Count the bytes of the first key; any number if it does not end."""
    return int((record.view(np.uint8)[keys_at : keys_at + 8] >= 0x80).argmin()) + 1


def _common_bits(table: _Table) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the bits that are set in all records, and those that are set in any."""
    n_words = table.shape[1]
    bulk = table[: len(table) // _LANES * _LANES].reshape(-1, _LANES * n_words)
    rest = table[len(bulk) * _LANES :]
    always = np.bitwise_and.reduce(bulk, axis=0).reshape(-1, n_words)
    ever = np.bitwise_or.reduce(bulk, axis=0).reshape(-1, n_words)
    return (
        np.bitwise_and.reduce(np.concatenate((always, rest)), axis=0),
        np.bitwise_or.reduce(np.concatenate((ever, rest)), axis=0),
    )


def _column(table: _Table, at: int, kind: type[np.generic]) -> npt.NDArray[Any]:
    """Take a number from the same place of each record, aligned or not."""
    if len(table) == 0:
        return np.empty(0, dtype=kind)
    strides = (table.strides[0],)
    column = np.ndarray((len(table),), dtype=kind, buffer=table.data, offset=at, strides=strides)
    return column.copy()
