"""Protobuf's variable-length integers, many at once.

A number is written seven bits a byte, the lowest first; the highest bit of a byte says that more
follow. Up to eight such bytes fit a machine word, where the digits of all numbers of an array are
moved together, or apart, in a few operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Of a word's bytes: the digit, and the sign that more bytes follow.
DIGITS = 0x7F7F7F7F7F7F7F7F
CONTINUED = 0x8080808080808080

# Which bits stay, which move, and how far, to close the gaps between digits pair by pair.
_GAPS = (
    (0x007F007F007F007F, 0x7F007F007F007F00, 1),
    (0x00003FFF00003FFF, 0x3FFF00003FFF0000, 2),
    (0x000000000FFFFFFF, 0x0FFFFFFF00000000, 4),
)

Words = npt.NDArray[np.uint64]
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


def join_digits(words: npt.NDArray[Any], *, n_bytes: int) -> npt.NDArray[Any]:
    """Turn digits of seven bits, one a byte, into numbers.

    Parameters
    ----------
    words : uint32 or uint64 array
        The lowest digit in the lowest byte, the highest bit of each byte clear. Overwritten.
    n_bytes : int
        2, 4 or 8: how many neighbouring bytes make one number; a word may hold several.

    Returns
    -------
    array like `words`
        The numbers, each at the place of its bytes.
    """
    kind, largest = words.dtype.type, int(np.iinfo(words.dtype).max)
    upper = np.empty_like(words)
    for keep, move, by in _GAPS[: n_bytes.bit_length() - 1]:
        # In place: fresh memory would take longer than the computation.
        np.bitwise_and(words, kind(move & largest), out=upper)
        upper >>= kind(by)
        words &= kind(keep & largest)
        words |= upper
    return words


def split_digits(numbers: npt.NDArray[Any], *, n_bytes: int) -> npt.NDArray[Any]:
    """Turn numbers into digits of seven bits, one a byte; the inverse of `join_digits`.

    Parameters
    ----------
    numbers : uint32 or uint64 array
        Below ``2 ** (7 * n_bytes)``. Overwritten.
    n_bytes : int
        2, 4 or 8.
    """
    kind, largest = numbers.dtype.type, int(np.iinfo(numbers.dtype).max)
    upper = np.empty_like(numbers)
    for keep, move, by in reversed(_GAPS[: n_bytes.bit_length() - 1]):
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


def leading_varints(words: Words) -> tuple[Words, Sizes]:
    """Read the number that each word's lowest bytes begin with.

    Parameters
    ----------
    words : uint64 array, shape (n,)
        Overwritten.

    Returns
    -------
    numbers : uint64 array, shape (n,)
    sizes : int64 array, shape (n,)
        Bytes each number takes, 1 to 8; 9 if it does not end within the word.
    """
    if not (words & 0x80).any():
        words &= 0x7F
        return words, np.ones(len(words), dtype=np.int64)
    last = cut_at_end(words)
    # The bits below the last byte's highest, and that one: eight for each byte.
    sizes = (np.bitwise_count(last - 1) + 1 >> 3).astype(np.int64)
    sizes[last == 0] = 9
    return join_digits(words, n_bytes=8), sizes


def cut_at_end(words: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Keep the digits of the number that each word's lowest bytes begin with.

    Parameters
    ----------
    words : uint32 or uint64 array
        Overwritten.

    Returns
    -------
    array like `words`
        The highest bit of each number's last byte; 0 if a number does not end within its word.
    """
    kind, largest = words.dtype.type, int(np.iinfo(words.dtype).max)
    last = ~words
    last &= kind(CONTINUED & largest)
    last &= -last.view(f"i{words.itemsize}").view(words.dtype)
    within = last - kind(1)
    within &= kind(DIGITS & largest)
    words &= within
    return last


def windows(data: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.void]:
    """Look at each run of `size` bytes, overlapping, as one element.

    Numpy fetches and stores such elements several times faster than single bytes.
    """
    return np.ndarray(
        (max(0, len(data) - size + 1),), dtype=f"V{size}", buffer=data.data, strides=(1,)
    )
