"""Texts as rows of 8-byte words: compared, hashed and sorted by whole arrays at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Words = list[npt.NDArray[np.uint64]]
"""The n-th word of every text; a text's last words are filled with zero bytes."""

WORD_BYTES = 8
_LOW_BYTES = np.array([(1 << (8 * n)) - 1 for n in range(WORD_BYTES + 1)], dtype=np.uint64)
_N_ATTEMPTS = 4
_MAX_WORDS = 64
_TABLE_BITS = 17
# Odd, so that multiplication loses nothing; the same in every process.
_MULTIPLIERS = np.random.default_rng(20261122).integers(
    1 << 62, size=(_N_ATTEMPTS, _MAX_WORDS), dtype=np.uint64
) * np.uint64(4) + np.uint64(1)


def load_words(
    data: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> Words:
    """Load texts from where they lie.

    Parameters
    ----------
    data : uint8 array
        Followed by at least `WORD_BYTES` more bytes than the longest text.
    starts, ends : int64 array, shape (n_texts,)
        Places in `data`; the end is the first byte that does not belong to the text.

    Returns
    -------
    list of uint64 array, shape (n_texts,)
        As many as the longest text needs, one at least; little-endian.
    """
    lengths = ends - starts
    n_words = max(1, -(-int(lengths.max(initial=0)) // WORD_BYTES))
    # Bytes as items are never unaligned for numpy; as numbers it would copy all of them first.
    items = np.ndarray((len(data) - WORD_BYTES + 1,), dtype="S8", buffer=data, strides=(1,))
    words = []
    for number in range(n_words):
        offset = WORD_BYTES * number
        loaded = items[starts + offset].view("<u8")
        words.append(loaded & _LOW_BYTES.take(lengths - offset, mode="clip"))
    return words


def hash_words(words: Words, attempt: int = 0) -> npt.NDArray[np.uint64]:
    """Give a number for each text, the same with and without zero words at the end.

    Parameters
    ----------
    words : list of uint64 array, shape (n_texts,)
    attempt : int
        Chooses the function, should two texts have got the same number.
    """
    multipliers = _MULTIPLIERS[attempt]
    hashes: npt.NDArray[np.uint64] = words[0] * multipliers[0]
    for word, multiplier in zip(words[1:], multipliers[1 : len(words)], strict=True):
        hashes += (word ^ (word >> np.uint64(32))) * multiplier
    return hashes


def factorize(words: Words) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Number the distinct texts, few of them in the order of their first appearance.

    Parameters
    ----------
    words : list of uint64 array, shape (n_texts,)

    Returns
    -------
    codes : int32 array, shape (n_texts,)
    first : int64 array, shape (n_distinct,)
        Where each distinct text appears first.
    """
    for attempt in range(_N_ATTEMPTS):
        hashes = hash_words(words, attempt)
        codes = _factorize_hashes(hashes)
        first = _first_places(codes)
        # Equal hashes of different texts are next to impossible, unless somebody made them.
        if len(words) == 1 or all(np.array_equal(word[first][codes], word) for word in words):
            return codes, first
    return _factorize_by_sorting(words)


def sorting_order(words: Words) -> npt.NDArray[np.int64]:
    """Give the order of the texts by their bytes, which for UTF-8 is that of the code points."""
    return np.lexsort([word.byteswap() for word in reversed(words)])


def texts(words: Words) -> list[bytes]:
    """Give the texts back."""
    rows = np.column_stack(words) if len(words) > 1 else words[0][:, np.newaxis].copy()
    joined: list[bytes] = rows.view(f"S{WORD_BYTES * len(words)}").ravel().tolist()
    return joined


def concatenate(parts: Sequence[Words]) -> Words:
    """Join texts of which some may need more words than others."""
    n_words = max((len(words) for words in parts), default=1)
    return [
        np.concatenate(
            [
                words[number] if number < len(words) else np.zeros(len(words[0]), dtype=np.uint64)
                for words in parts
            ]
            or [np.zeros(0, dtype=np.uint64)]
        )
        for number in range(n_words)
    ]


def take(words: Words, places: npt.NDArray[np.integer]) -> Words:
    """Pick texts."""
    return [word[places] for word in words]


def _factorize_hashes(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
    """Number the distinct hashes; many of them by their first bits, so that a table fits a cache.

    One table for 15 million took three times as long, and twice the memory.
    """
    n_bits = min(16, max(0, len(hashes).bit_length() - _TABLE_BITS))
    if n_bits == 0:
        return pd.factorize(hashes.view(np.int64))[0].astype(np.int32)
    first_bits = hashes.view("<u2")[3::4] >> np.uint16(16 - n_bits)
    order = np.argsort(first_bits, kind="stable")  # for 16 bits a radix sort
    ends = np.cumsum(np.bincount(first_bits, minlength=1 << n_bits))
    codes = np.empty(len(hashes), dtype=np.int32)
    n_codes = 0
    for places in np.split(order, ends[:-1]):
        found, distinct = pd.factorize(hashes[places].view(np.int64))
        codes[places] = found + n_codes
        n_codes += len(distinct)
    return codes


def _first_places(codes: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    places = np.empty(int(codes.max(initial=-1)) + 1, dtype=np.int64)
    # Of several writes to one place the last stays, which from back to front is the first.
    places[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return places


def _factorize_by_sorting(words: Words) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    order = sorting_order(words)  # stable: equal texts stay in order of appearance
    is_new = np.zeros(len(order), dtype=bool)
    is_new[:1] = True
    for word in words:
        is_new[1:] |= word[order[1:]] != word[order[:-1]]
    first_sorted = order[is_new]
    rank = np.empty(len(first_sorted), dtype=np.int32)
    rank[np.argsort(first_sorted)] = np.arange(len(first_sorted), dtype=np.int32)
    codes = np.empty(len(order), dtype=np.int32)
    codes[order] = rank[np.cumsum(is_new) - 1]
    return codes, np.sort(first_sorted)
