"""Records in the SDK's layout with any number of entries, field by field over all records.

Each record has a cursor; a field is read at the cursors of all records at once. A record that
turns out to be anything else is left out; its cursor then walks through whatever is there, so
every length is used only after all of the record has proved right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.recordio.framing import Payloads
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
from recommender.recordio.rows import Places, Rows
from recommender.recordio.varints import Words, cut_at_end, join_digits, leading_varints, windows

_Mask = npt.NDArray[np.bool_]
_Bytes = npt.NDArray[np.uint8]
_BYTE = np.uint64(8)
# Runs of at least so many elements are copied one by one, shorter ones all at once.
_LONG_RUN = 128


@dataclass(frozen=True, slots=True)
class _Fields:
    """Where the content of some records lies.

    Attributes
    ----------
    numbers : int64 array, shape (n_rows,)
        Which records they are.
    n_entries : int64 array, shape (n_rows,)
    values_at, keys_at, keys_length, label_at : int64 array, shape (n_rows,)
        In bytes. No keys if the tensors are dense.
    """

    numbers: Places
    n_entries: Places
    values_at: Places
    keys_at: Places
    keys_length: Places
    label_at: Places

    def only(self, choice: _Mask) -> _Fields:
        return _Fields(
            self.numbers[choice],
            self.n_entries[choice],
            self.values_at[choice],
            self.keys_at[choice],
            self.keys_length[choice],
            self.label_at[choice],
        )


def decode_columns(payloads: Payloads, numbers: Places, schema: Schema) -> tuple[Places, Rows]:
    """Decode the records that have the SDK's layout, sparse or dense.

    Parameters
    ----------
    payloads : Payloads
    numbers : int64 array, shape (n,)
        The records in question, ascending.
    schema : Schema
        Records that break it are left out.

    Returns
    -------
    numbers : int64 array, shape (n_rows,)
        Which records they are, ascending.
    rows : Rows
        Their content.
    """
    data = payloads.data
    fields = _find_fields(payloads, numbers, schema)
    keys, is_right = _decode_keys(data, fields, schema)
    while not is_right.all():
        fields = fields.only(is_right)
        keys, is_right = _decode_keys(data, fields, schema)
    values = _gather(data, fields.values_at, fields.n_entries, 4).view("<f4")
    labels = None
    if schema.is_labelled:
        labels = windows(data, 4)[fields.label_at].view("<f4")
    return fields.numbers, Rows(fields.n_entries.astype(np.int32), keys, values, labels)


def _find_fields(payloads: Payloads, numbers: Places, schema: Schema) -> _Fields:
    """Walk through the records; keep those that consist of nothing but the fields they should."""
    begins = 4 * payloads.starts[numbers]
    cursor = _Cursor(payloads.data, begins)
    map_end = cursor.enter(FEATURES)
    cursor.expect(MAP_KEY)
    cursor.fits &= cursor.enter(MAP_VALUE) == map_end
    cursor.fits &= cursor.enter(FLOAT32_TENSOR) == map_end
    values_at, values_length = cursor.skip(VALUES, map_end)
    keys_at, keys_length = cursor.skip(KEYS, map_end)
    has_shape = cursor.skip_constant(schema.shape_field, map_end)
    cursor.fits &= cursor.at == map_end
    if schema.is_labelled:
        cursor.expect(LABEL_HEAD)
        cursor.at += LABEL_BYTES - len(LABEL_HEAD)
    fits = cursor.fits & (cursor.at == begins + payloads.lengths[numbers])
    fits &= values_length & 3 == 0
    n_entries = values_length >> 2
    # One layout at a time: whoever mixes them is served more slowly.
    is_dense = (keys_length == 0) & (n_entries > 0) & (n_entries == schema.n_columns)
    is_sparse = ((keys_length > 0) == (n_entries > 0)) & has_shape
    fits &= is_dense if is_dense[fits].all() else is_sparse
    fields = _Fields(numbers, n_entries, values_at, keys_at, keys_length, cursor.at - 4)
    return fields.only(fits)


class _Cursor:
    """A place in each record.

    Attributes
    ----------
    at : int64 array, shape (n,)
    fits : bool array, shape (n,)
        Whether the record has been what it should be, so far.
    """

    def __init__(self, data: _Bytes, at: Places) -> None:
        self._words = windows(data, 8)
        self.at = at
        self.fits = np.ones(len(at), dtype=np.bool_)

    def enter(self, tag: bytes) -> Places:
        """Step over a field's tag and length; return where the field ends."""
        word = self._word()
        length, size = leading_varints(word >> _BYTE)
        self.fits &= (word & 0xFF == tag[0]) & (size < 8)
        self.at = self.at + 1 + size
        return self.at + length.view(np.int64)

    def skip(self, tag: bytes, end: Places) -> tuple[Places, Places]:
        """Step over a field that may be missing; return where its content lies, and its length."""
        word = self._word()
        is_there = (word & 0xFF == tag[0]) & (self.at < end)
        length, size = leading_varints(word >> _BYTE)
        self.fits &= (size < 8) | ~is_there
        begin = self.at + (1 + size) * is_there
        lengths = length.view(np.int64) * is_there
        self.at = begin + lengths
        return begin, lengths

    def expect(self, content: bytes) -> None:
        """Step over a constant."""
        self.fits &= self._matches(content)
        self.at = self.at + len(content)

    def skip_constant(self, content: bytes, end: Places) -> _Mask:
        """Step over a constant that may be missing; tell where it is."""
        is_there = self._matches(content) & (self.at < end)
        self.at = self.at + len(content) * is_there
        return is_there

    def _matches(self, content: bytes) -> _Mask:
        matches = np.ones(len(self.at), dtype=np.bool_)
        for start in range(0, len(content), 8):
            part = content[start : start + 8]
            mask = (1 << 8 * len(part)) - 1
            matches &= self._word(start) & mask == int.from_bytes(part, "little")
        return matches

    def _word(self, shift: int = 0) -> Words:
        # A record that does not fit may have led its cursor anywhere.
        return self._words[np.minimum(self.at + shift, len(self._words) - 1)].view("<u8")


def _decode_keys(data: _Bytes, fields: _Fields, schema: Schema) -> tuple[npt.NDArray[Any], _Mask]:
    """Decode the keys of all records, and tell which records have right ones.

    If not all have, the keys are useless.
    """
    n_rows, n_keys = len(fields.numbers), int(fields.n_entries.sum())
    is_right = np.ones(n_rows, dtype=np.bool_)
    if not fields.keys_length.any():
        # Dense rows, or empty ones.
        columns = np.arange(schema.n_columns if n_keys else 0, dtype=schema.key_type)
        return np.tile(columns, n_rows), is_right
    content = _gather(data, fields.keys_at, fields.keys_length, 1)
    last = np.flatnonzero(content < 0x80)
    row_last = np.cumsum(fields.keys_length) - 1
    key_ends = np.cumsum(fields.n_entries)
    filled = np.flatnonzero(fields.n_entries)
    if len(last) != n_keys or (last[key_ends[filled] - 1] != row_last[filled]).any():
        counts = np.diff(np.searchsorted(last, row_last, side="right"), prepend=0)
        return last, (counts == fields.n_entries) & (content[row_last] < 0x80)
    sizes = np.diff(last, prepend=-1)
    keys: npt.NDArray[Any] = _numbers(content, last - sizes + 1, 4 if sizes.max() <= 4 else 8)
    if keys.max() >= schema.n_columns or sizes.max() > 8:
        is_wrong = (keys >= schema.n_columns) | (sizes > 8)
        is_right[np.repeat(np.arange(n_rows), fields.n_entries)[is_wrong]] = False
    return keys.astype(schema.key_type, copy=False), is_right


def _numbers(content: _Bytes, begins: Places, width: int) -> npt.NDArray[Any]:
    """Decode numbers of at most `width` bytes; of longer ones whatever comes out."""
    padded = np.append(content, np.zeros(width, dtype=np.uint8))
    words = windows(padded, width)[begins].view(f"<u{width}")
    cut_at_end(words)
    return join_digits(words, n_bytes=width).view(f"<i{width}")


def _gather(data: _Bytes, starts: Places, counts: Places, size: int) -> _Bytes:
    """Put runs of `counts` elements of `size` bytes each behind each other."""
    total = int(counts.sum())
    if total >= _LONG_RUN * len(counts):
        view = data.data
        stops = starts + size * counts
        runs = [view[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
        return np.frombuffer(bytearray().join(runs), dtype=np.uint8)
    before = np.cumsum(counts) - counts
    places = np.repeat(starts - size * before, counts) + np.arange(0, size * total, size)
    return windows(data, size)[places].view(np.uint8)
