"""Records in the SDK's layout, many at once: the decoder's inner loop, compiled.

The layout is that of `layout`: each field at most once, in the order of the field numbers, nothing
else. The loop stops at the first record that it does not fully understand, be it another layout,
a part of a split record, cut off or broken; `singles` reads that one or says what is wrong.

There is one specialisation, compiled once and kept in NUMBA_CACHE_DIR (beside this file where the
variable is not set). It holds no lock of Python, so signals and other threads are served.
"""

from __future__ import annotations

import struct
from typing import Any

import numba
import numpy as np
from numba import types

from recommender.recordio.framing import HEADER_BYTES, MAGIC, MAX_PAYLOAD_BYTES
from recommender.recordio.layout import (
    FEATURES,
    FLOAT32_TENSOR,
    KEYS,
    LABEL_BYTES,
    LABEL_HEAD,
    MAP_KEY,
    MAP_VALUE,
    SHAPE,
    VALUES,
)

# As compile-time numbers: the loop compares words, not strings.
_FEATURES, _MAP_VALUE, _FLOAT32_TENSOR = FEATURES[0], MAP_VALUE[0], FLOAT32_TENSOR[0]
_VALUES, _KEYS, _SHAPE = VALUES[0], KEYS[0], SHAPE[0]
_MAP_KEY_0, _MAP_KEY_1 = struct.unpack("<2I", MAP_KEY)
_LABEL_0, _LABEL_1, _LABEL_2, _LABEL_3 = struct.unpack("<4I", LABEL_HEAD)
_MAX_INT32 = np.iinfo(np.int32).max

_SIGNATURE = types.void(
    types.Array(types.uint8, 1, "C", readonly=True),
    types.int64[::1],
    types.int64,
    types.boolean,
    types.int64,
    types.int64[::1],
    types.int32[::1],
    types.int32[::1],
    types.int32[::1],
)
_inlined = numba.njit(nogil=True, error_model="numpy")


@_inlined  # type: ignore[untyped-decorator]
def _byte(data: np.ndarray, at: int) -> np.int64:  # pragma: no cover - runs as machine code
    # An unsigned index spares the test whether it counts from the end: twice as fast altogether.
    return np.int64(data[np.uint64(at)])


@_inlined  # type: ignore[untyped-decorator]
def _word(data: np.ndarray, at: int) -> Any:  # pragma: no cover - runs as machine code
    """Read four bytes, the lowest first; one load in machine code."""
    return (
        _byte(data, at)
        | _byte(data, at + 1) << 8
        | _byte(data, at + 2) << 16
        | _byte(data, at + 3) << 24
    )


@_inlined  # type: ignore[untyped-decorator]
def _number(data: np.ndarray, at: int, end: int) -> tuple[int, int]:  # pragma: no cover
    """Read a number of variable length; -1 if it is cut off by `end`, or may exceed 63 bits."""
    number, shift = 0, 0
    while at < end and shift < 63:
        byte = _byte(data, at)
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
    return -1, at


@_inlined  # type: ignore[untyped-decorator]
def _tensor(data: np.ndarray, at: int, end: int) -> int:  # pragma: no cover
    """Find the features' tensor, which ends with the map that begins here; -1 if it does not."""
    if end - at < 14 or _byte(data, at) != _FEATURES:
        return -1
    length, at = _number(data, at + 1, end)
    if length < 12 or length != end - at:
        return -1
    if _word(data, at) != _MAP_KEY_0 or _word(data, at + 4) != _MAP_KEY_1:
        return -1
    if _byte(data, at + 8) != _MAP_VALUE:
        return -1
    length, at = _number(data, at + 9, end)
    if length < 2 or length != end - at or _byte(data, at) != _FLOAT32_TENSOR:
        return -1
    length, at = _number(data, at + 1, end)
    return at if length >= 0 and length == end - at else -1


@numba.njit(  # type: ignore[untyped-decorator]
    _SIGNATURE, cache=True, nogil=True, error_model="numpy"
)
def scan(
    data: np.ndarray,
    progress: np.ndarray,
    n_columns: int,
    is_labelled: bool,
    n_rows: int,
    ends: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    labels: np.ndarray,
) -> None:  # pragma: no cover - runs as machine code
    """Decode records until one is not understood, there is no more room, or enough rows.

    Parameters
    ----------
    data : uint8 array
        Part of a file.
    progress : int64 array, shape (3,)
        Where the next record begins in `data`, and how many rows and entries there are; brought
        up to date for each row. What lies behind them in the arrays does not matter.
    n_columns, is_labelled : int, bool
        What all records share; one that differs is not understood.
    n_rows : int
        How many rows are enough, at most the room for them.
    ends : int64 array
        Receives how many entries there are up to the end of each row.
    keys : int32 array
        Receives each entry's column, in two elements, the lower first, where a column may not fit
        one.
    values : int32 array
        Receives each entry's value, the bits of a float32; its length is the room for entries.
    labels : int32 array
        Receives each row's label likewise, if there are labels.
    """
    at, row, entry = progress[0], progress[1], progress[2]
    label_bytes = LABEL_BYTES if is_labelled else 0
    is_wide = n_columns > _MAX_INT32
    while row < n_rows and at + HEADER_BYTES <= len(data):
        length = _word(data, at + 4)
        begin = at + HEADER_BYTES
        end = begin + length - label_bytes  # of the features
        following = begin + ((length + 3) & ~3)
        if _word(data, at) != MAGIC or length > MAX_PAYLOAD_BYTES or following > len(data):
            return
        values_at = at = _tensor(data, begin, end)
        if at < 0:
            return

        # Each field may be missing. One that is there begins and ends within the tensor.
        n_entries = 0
        if at < end and _byte(data, at) == _VALUES:
            length, values_at = _number(data, at + 1, end)
            if length < 0 or length & 3 or length > end - values_at:
                return
            n_entries = length >> 2
            at = values_at + length
        keys_end = at
        if at < end and _byte(data, at) == _KEYS:
            length, at = _number(data, at + 1, end)
            if length < 0 or length > end - at:
                return
            keys_end = at + length
        is_sparse = at < keys_end
        shape, shape_end = n_entries, keys_end
        if keys_end < end and _byte(data, keys_end) == _SHAPE:
            length, shape_end = _number(data, keys_end + 1, end)
            if length < 0 or length != end - shape_end:
                return
            shape, shape_end = _number(data, shape_end, end)
        elif is_sparse:
            return
        if shape != n_columns or shape_end != end or n_entries > len(values) - entry:
            return
        if not is_sparse and n_entries != 0 and n_entries != n_columns:
            return

        for i in range(n_entries):
            key = i
            if is_sparse:
                # `_number` once more, as the time goes here: a call of it takes a tenth longer.
                if at >= keys_end:
                    return
                byte = _byte(data, at)
                at += 1
                key, shift = byte & 0x7F, 7
                while byte > 0x7F and shift < 63 and at < keys_end:
                    byte = _byte(data, at)
                    at += 1
                    key |= (byte & 0x7F) << shift
                    shift += 7
                if byte > 0x7F or key >= n_columns:
                    return
            if is_wide:
                keys[2 * (entry + i)] = key
                keys[2 * (entry + i) + 1] = key >> 32
            else:
                keys[entry + i] = key
            values[entry + i] = _word(data, values_at + 4 * i)
        if at != keys_end:
            return
        if is_labelled:
            if (
                _word(data, end) != _LABEL_0
                or _word(data, end + 4) != _LABEL_1
                or _word(data, end + 8) != _LABEL_2
                or _word(data, end + 12) != _LABEL_3
            ):
                return
            labels[row] = _word(data, end + 16)
        entry += n_entries
        ends[row] = entry
        row += 1
        at = following
        progress[0], progress[1], progress[2] = at, row, entry
