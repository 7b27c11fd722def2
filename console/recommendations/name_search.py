"""Searching names by words, whatever their case and accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")

# Of a query; what comes after is ignored.
MAX_QUERY_CHARACTERS = 200
_WORD = re.compile(r"[^\W_]+")
# Accents, and characters that only direct how others are shown.
_DROPPED = ("Mn", "Cf")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The best hits of a search.

    Attributes
    ----------
    hits : tuple
        Best first.
    total : int
        How many there are, shown or not.
    """

    hits: tuple[T, ...]
    total: int

    @property
    def more(self) -> int:
        """Hits that are not shown."""
        return self.total - len(self.hits)


def fold(text: str) -> str:
    """Reduce a text to its words: lower case, no accents, no punctuation, one space between.

    Letters that Unicode does not decompose, such as a Danish o with a stroke, stay. A text
    without letters and digits stays as it is, in lower case.
    """
    if text.isascii():
        if text.isalnum():
            return text.lower()
    else:
        text = "".join(
            character
            for character in unicodedata.normalize("NFKD", text)
            if unicodedata.category(character) not in _DROPPED
        )
    text = text.casefold()
    return " ".join(_WORD.findall(text) or text.split())


class NameSearch:
    """Finds things by their names.

    Names are held folded: about 75 bytes and the name for each thing. A search looks at all
    of them.

    Parameters
    ----------
    names : iterable of tuple of str
        The names of each thing.
    weights : int array, shape (n_things,), or None
        Of hits that are as good as each other, that with the larger weight comes first, then that
        with the smaller number.
    """

    def __init__(
        self,
        names: Iterable[tuple[str, ...]],
        weights: npt.NDArray[np.int64] | None = None,
    ) -> None:
        # A name stands in its own line, between spaces: beginnings and ends can be searched.
        self._folded = [
            "".join(f"\n {fold(name)} \n" for name in things_names) for things_names in names
        ]
        self._weights = weights

    def find(self, query: str, limit: int) -> Found[int]:
        """Find things that have all words of the query in their names, in any order.

        Best first: with that very name; whose name begins with the query; with names in which
        words begin with those of the query; with names that contain them anywhere.

        Parameters
        ----------
        query : str
        limit : int
            How many hits to give at most.

        Returns
        -------
        Found of int
            Numbers of things, from 0.
        """
        folded = fold(query[:MAX_QUERY_CHARACTERS])
        words = folded.split()
        if not words:
            return Found((), 0)
        rest = self._having(range(len(self._folded)), words)
        total, hits = len(rest), list[int]()
        for pieces in ([f"\n {folded} \n"], [f"\n {folded}"], [f" {word}" for word in words], []):
            tier = self._having(rest, pieces)
            hits += self._heaviest(tier, limit - len(hits))
            if len(hits) == limit:
                break
            taken = set(tier)
            rest = [number for number in rest if number not in taken]
        return Found(tuple(hits), total)

    def near(self, name: str, limit: int) -> tuple[int, ...]:
        """Find things by a name that need not be right: the longest beginning that helps.

        Returns
        -------
        tuple of int
            Hits of the whole name, else names that begin as this one does, at least by a
            character.
        """
        found = self.find(name, limit).hits
        if found:
            return found
        folded = fold(name[:MAX_QUERY_CHARACTERS])
        shortest, longest = 0, len(folded)
        while shortest < longest:  # what has a beginning has every shorter one
            middle = (shortest + longest + 1) // 2
            piece = f"\n {folded[:middle]}"
            if any(piece in names for names in self._folded):
                shortest = middle
            else:
                longest = middle - 1
        if not shortest:
            return ()
        hits = self._having(range(len(self._folded)), [f"\n {folded[:shortest]}"])
        return tuple(self._heaviest(hits, limit))

    def _having(self, numbers: Iterable[int], pieces: list[str]) -> list[int]:
        found = list(numbers)
        for piece in pieces:
            found = [number for number in found if piece in self._folded[number]]
        return found

    def _heaviest(self, numbers: list[int], limit: int) -> list[int]:
        if self._weights is None:
            return numbers[:limit]
        places = np.array(numbers, dtype=np.int64)
        order = np.argsort(-self._weights[places], kind="stable")[:limit]
        chosen: list[int] = places[order].tolist()
        return chosen
