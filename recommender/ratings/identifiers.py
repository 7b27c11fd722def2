"""Ids of customers or videos into numbers, a chunk of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from recommender.ratings.words import (
    Words,
    concatenate,
    factorize,
    hash_words,
    sorting_order,
    take,
    texts,
)

Codes = npt.NDArray[np.int32]
_BATCH = 100_000
# Share of distinct ids below which a chunk is worth to be numbered on its own.
_WORTHWHILE = 0.7


class Identifiers:
    """Distinct ids; an id's code is its place.

    Parameters
    ----------
    words : list of uint64 array, shape (n_ids,)
        UTF-8.
    """

    def __init__(self, words: Words) -> None:
        self._words = words

    def __len__(self) -> int:
        return len(self._words[0])

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        return sum(word.nbytes for word in self._words)

    def sorted_codes(self, codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Put some codes in the order of their ids' code points."""
        return codes[sorting_order(take(self._words, codes))]

    def texts(self, codes: npt.NDArray[np.integer]) -> Iterator[list[str]]:
        """Give the ids of some codes, batch by batch."""
        for start in range(0, len(codes), _BATCH):
            batch = take(self._words, codes[start : start + _BATCH])
            yield [text.decode() for text in texts(batch)]

    def hashes(self, codes: npt.NDArray[np.integer]) -> npt.NDArray[np.uint64]:
        """Give `words.hash_words` of the ids of some codes."""
        return hash_words(take(self._words, codes))


class IdentifierChunks:
    """Numbers ids chunk by chunk, then all together.

    Distinct ids of a chunk fit a processor's cache, where those of a large file do not; and what
    is small can be numbered while the rest of the file is still read. Where most rows of a chunk
    have an id of their own, as customers do, looking for the others costs more than it saves:
    then the next chunks are left to the end as they are.
    """

    def __init__(self) -> None:
        self._distinct: list[Words] = []
        self._has_repeats = True

    def __len__(self) -> int:
        return sum(len(words[0]) for words in self._distinct)

    @property
    def nbytes(self) -> int:
        """Memory that the ids of all chunks take."""
        return sum(word.nbytes for words in self._distinct for word in words)

    def append(self, words: Words) -> Codes:
        """Number the ids of a chunk.

        Parameters
        ----------
        words : list of uint64 array, shape (n_rows,)

        Returns
        -------
        int32 array, shape (n_rows,)
            Codes of this chunk; `merge` tells what they mean.
        """
        n_rows = len(words[0])
        if not self._has_repeats:
            self._distinct.append(words)
            return np.arange(n_rows, dtype=np.int32)
        codes, first = factorize(words)
        self._has_repeats = len(first) < _WORTHWHILE * n_rows
        self._distinct.append(take(words, first))
        return codes

    def merge(self) -> tuple[Identifiers, list[Codes]]:
        """Number the ids of all chunks, in the order of their first appearance.

        The chunks are given up, to save memory.

        Returns
        -------
        identifiers : Identifiers
        codes : list of int32 array
            For each chunk, the code of each of its codes.
        """
        bounds = np.cumsum([len(words[0]) for words in self._distinct])[:-1]
        words = concatenate(self._distinct)
        self._distinct = []
        if not len(bounds):
            return Identifiers(words), [np.arange(len(words[0]), dtype=np.int32)]
        codes, first = factorize(words)
        return Identifiers(take(words, first)), np.split(codes, bounds)
