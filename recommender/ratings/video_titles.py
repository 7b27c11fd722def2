"""Titles of videos: the first that each video's ratings come with, else a titles file's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from recommender.ratings.blocks import ParsedBlock
from recommender.ratings.identifiers import Identifiers
from recommender.ratings.words import hash_words, take

_CACHE_BITS = 20
_SHIFT = np.uint64(64 - _CACHE_BITS)


class VideoTitles:
    """Collects titles while ratings are read.

    Most rows repeat a title that is known. A table with one place per hash value tells so at
    once, for whole blocks; whoever has lost the place to another video is kept again.
    """

    def __init__(self) -> None:
        self._by_hash: dict[int, bytes] = {}
        self._by_id: dict[str, str] = {}
        self._known = np.zeros(1 << _CACHE_BITS, dtype=np.uint64)

    def add_block(self, block: ParsedBlock) -> None:
        """Keep titles that are new."""
        rows, texts = self.new_in(block)
        keep = self._by_hash.setdefault
        for number, text in zip(hash_words(take(block.videos, rows)).tolist(), texts, strict=True):
            keep(number, text)

    def new_in(self, block: ParsedBlock) -> tuple[npt.NDArray[np.int64], list[bytes]]:
        """Give the rows of a block with titles of videos that were not seen before, and the titles.

        A video may be there more than once: its first title is the one that counts.
        """
        if block.titles is None:
            return np.zeros(0, dtype=np.int64), []
        starts, ends = block.titles
        hashes = hash_words(block.videos)
        places = (hashes >> _SHIFT).view(np.int64)
        new = np.flatnonzero((self._known[places] != hashes) & (starts < ends))
        self._known[places[new]] = hashes[new]
        spans = zip(starts[new].tolist(), ends[new].tolist(), strict=True)
        return new, [block.text[start:end] for start, end in spans]

    def add_table(self, titles: Mapping[str, str]) -> None:
        """Keep the titles of a titles file; those of an earlier file win."""
        self._by_id = {**titles, **self._by_id}

    def of(
        self, videos: Identifiers, codes: npt.NDArray[np.integer]
    ) -> Iterator[tuple[list[str], list[str | None]]]:
        """Give ids and titles of some videos, batch by batch.

        Parameters
        ----------
        videos : Identifiers
        codes : int array, shape (n,)
        """
        done = 0
        for ids in videos.texts(codes):
            hashes = videos.hashes(codes[done : done + len(ids)]).tolist()
            done += len(ids)
            yield ids, self._look_up(ids, hashes)

    def _look_up(self, ids: Sequence[str], hashes: Sequence[int]) -> list[str | None]:
        own = map(self._by_hash.get, hashes)
        return [
            self._by_id.get(video_id) if title is None else title.decode(errors="replace")
            for video_id, title in zip(ids, own, strict=True)
        ]
