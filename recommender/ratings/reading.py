"""Ratings files into one table, with every row accounted for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, cast

from recommender.rating_formats import RatingField, RatingsFormat
from recommender.ratings.background import map_in_background
from recommender.ratings.blocks import parse_block
from recommender.ratings.collection import RatingsCollection
from recommender.ratings.compression import BLOCK_BYTES
from recommender.ratings.files import RatingsText, ReadingOptions, open_file
from recommender.ratings.table import RatingsTable
from recommender.ratings.workspace import Workspace

CHUNK_ROWS = 1 << 18
MAX_REJECTED_RATIO = 0.01
_SHOWN_NAMES = 3


@dataclass(frozen=True, slots=True)
class RatingsSource:
    """A file to read.

    Attributes
    ----------
    name : str
        What to call it in messages.
    open : callable
        Opens it in binary.
    n_bytes : int or None
        Its size, if known; it tells how far the reading has come.
    """

    name: str
    open: Callable[[], BinaryIO]
    n_bytes: int | None = None


def read_ratings(
    sources: Sequence[RatingsSource],
    *,
    ratings_format: RatingsFormat | None = None,
    columns: Mapping[RatingField, str] | None = None,
    rating_range: tuple[float, float] | None = None,
    max_rejected_ratio: float = MAX_REJECTED_RATIO,
    workspace: Workspace | None = None,
    n_threads: int | None = None,
    block_bytes: int = BLOCK_BYTES,
    chunk_rows: int = CHUNK_ROWS,
) -> RatingsTable:
    """Read ratings files, and titles files beside them, into one table.

    Parameters
    ----------
    sources : sequence of RatingsSource
        Plain, or compressed by gzip or zstd, told by content. Titles files are recognised and give
        the titles that the ratings lack; what else MovieLens keeps beside is passed over.
    ratings_format : str or None
        None detects the format of each file.
    columns : mapping or None
        Field to column name, where it differs from the format's own.
    rating_range : tuple of float or None
        Smallest and largest acceptable rating, both included; None takes the format's.
    max_rejected_ratio : float
        Largest acceptable share of rejected rows, in [0, 1].
    workspace : Workspace or None
        None: the default one.
    n_threads : int or None
        Threads that take lines apart; one more decompresses. None: together as many as there are
        processors.
    block_bytes, chunk_rows : int
        Text parsed at once, in bytes; rows whose ids are numbered at once. The result does not
        depend on them.

    Returns
    -------
    RatingsTable
        To be closed.

    Raises
    ------
    RatingsFormatError
        If a file is of no known format, or lacks a needed column, or is corrupt.
    EmptyRatingsError
        If there is no row at all.
    MalformedRatingsError
        If more rows than `max_rejected_ratio` had to be rejected.
    RatingsTooLargeError
        If they do not fit `workspace`.
    """
    workspace = workspace or Workspace()
    options = ReadingOptions(ratings_format, columns, rating_range, block_bytes, workspace.folder)
    collection = RatingsCollection(workspace, chunk_rows)
    progress = _Progress([source.n_bytes for source in sources])
    # One more decompresses.
    n_threads = n_threads or max(1, (os.cpu_count() or 1) - 1)
    try:
        for source in sources:
            with (
                source.open() as stream,
                open_file(progress.watch(stream), options, where=source.name) as content,
            ):
                if isinstance(content, RatingsText):
                    _collect(content, collection, progress, where=source.name, n_threads=n_threads)
                elif content is not None:
                    collection.add_titles(content)
        where = shown_names([source.name for source in sources])
        return collection.finish(max_rejected_ratio, where=where)
    except BaseException:
        collection.store.close()
        raise


def shown_names(names: Sequence[str]) -> str:
    """Name files in a message: the first, and how many more there are."""
    more = len(names) - _SHOWN_NAMES
    return ", ".join(names[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def _collect(
    text: RatingsText,
    collection: RatingsCollection,
    progress: _Progress,
    *,
    where: str,
    n_threads: int,
) -> None:
    collection.start_file(where, read_as=text.read_as, first_line=text.first_line)
    parse = partial(parse_block, layout=text.layout)
    for block in map_in_background(parse, text.blocks, n_threads=n_threads):
        collection.add_block(block, fraction=progress.fraction)


class _Progress:
    """How much of the files was read; blocks that wait to be parsed count as read."""

    def __init__(self, sizes: Sequence[int | None]) -> None:
        self._n_bytes = None if None in sizes else sum(cast("Sequence[int]", sizes))
        self._n_read = 0

    @property
    def fraction(self) -> float | None:
        """Which part of all files; None if their sizes are unknown."""
        return min(1.0, self._n_read / self._n_bytes) if self._n_bytes else None

    def watch(self, stream: BinaryIO) -> BinaryIO:
        """Count what is read of a file."""
        return cast(BinaryIO, _Watched(stream, self))

    def add(self, n_bytes: int) -> None:
        """Count bytes."""
        self._n_read += n_bytes


class _Watched:
    def __init__(self, stream: BinaryIO, progress: _Progress) -> None:
        self._stream = stream
        self._progress = progress

    def read(self, n_bytes: int = -1) -> bytes:
        content = self._stream.read(n_bytes)
        self._progress.add(len(content))
        return content
