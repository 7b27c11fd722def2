"""Protobuf's variable-length integers, many at once.

A number is written seven bits a byte, the lowest first; the highest bit of a byte says that more
follow. Up to eight such bytes fit a machine word, where the digits of all numbers of an array are
moved apart in a few operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Of each of a word's bytes, the sign that more bytes follow.
CONTINUED = 0x8080808080808080

# Which bits stay, which have moved, and how far, to open gaps between the digits of 8, 4 and 2
# bytes.
_GAPS = (
    (0x000000000FFFFFFF, 0x0FFFFFFF00000000, 4),
    (0x00003FFF00003FFF, 0x3FFF00003FFF0000, 2),
    (0x007F007F007F007F, 0x7F007F007F007F00, 1),
)

Sizes = npt.NDArray[np.int64]


def varint(number: int) -> bytes:
    """Write one number."""
    content = bytearray()
    while number > 0x7F:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    content.append(number)
    return bytes(content)


def varint_sizes(numbers: npt.NDArray[Any]) -> Sizes:
    """Give the bytes that each of some non-negative numbers takes.

    Parameters
    ----------
    numbers : integer array, shape (n,)

    Returns
    -------
    int64 array, shape (n,)
        1 to 9.
    """
    sizes = np.ones(len(numbers), dtype=np.int8)
    limit, largest = 1 << 7, int(numbers.max(initial=0))
    while limit <= largest:
        sizes += numbers >= limit
        limit <<= 7
    return sizes.astype(np.int64)


def split_digits(numbers: npt.NDArray[Any], *, n_bytes: int) -> npt.NDArray[Any]:
    """Turn numbers into digits of seven bits, one a byte, the lowest in the lowest byte.

    Parameters
    ----------
    numbers : uint32 or uint64 array
        Below ``2 ** (7 * n_bytes)``. Overwritten.
    n_bytes : int
        2, 4 or 8: how many neighbouring bytes one number gets; a word may hold several.

    Returns
    -------
    array like `numbers`
        The highest bit of each byte clear.
    """
    kind, largest = numbers.dtype.type, int(np.iinfo(numbers.dtype).max)
    upper = np.empty_like(numbers)
    for keep, move, by in _GAPS[-(n_bytes.bit_length() - 1) :]:
        # In place: fresh memory would take longer than the computation.
        np.left_shift(numbers, kind(by), out=upper)
        upper &= kind(move & largest)
        numbers &= kind(keep & largest)
        numbers |= upper
    return numbers


def varints_of_size(numbers: npt.NDArray[Any], size: int) -> npt.NDArray[np.void]:
    """Write numbers that all take the same number of bytes.

    Parameters
    ----------
    numbers : integer array, shape (n,)
    size : int
        1 to 9.

    Returns
    -------
    array of `size` bytes each, shape (n,)
    """
    if size == 1:
        return numbers.astype(np.uint8).view("V1")
    width = 4 if size <= 4 else 8
    words = numbers.astype(f"<u{width}")
    words &= words.dtype.type((1 << 7 * width) - 1)
    words = split_digits(words, n_bytes=2 if size == 2 else width)
    words |= words.dtype.type(CONTINUED & (1 << 8 * min(size - 1, width)) - 1)
    if size <= width:
        return np.ndarray((len(words),), dtype=f"V{size}", buffer=words.data, strides=(width,))
    content = np.column_stack((words.view(np.uint8).reshape(-1, 8), numbers >> 56))
    return content.astype(np.uint8).view("V9").ravel()


def windows(data: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.void]:
    """Look at each run of `size` bytes, overlapping, as one element.

    Numpy fetches and stores such elements several times faster than single bytes.
    """
    return np.ndarray(
        (max(0, len(data) - size + 1),), dtype=f"V{size}", buffer=data.data, strides=(1,)
    )
