"""Parsed blocks, collected chunk by chunk into a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from recommender.errors import PREPARE_WITH_SPARK, RatingsTooLargeError
from recommender.ratings.accounting import Accounting, check_read
from recommender.ratings.blocks import ParsedBlock
from recommender.ratings.identifiers import IdentifierChunks
from recommender.ratings.rows import Rows, RowStore
from recommender.ratings.table import RatingsTable
from recommender.ratings.video_titles import VideoTitles
from recommender.ratings.words import concatenate
from recommender.ratings.workspace import Workspace

# What the number of a line can be.
MAX_LINES = 1 << 32


class RatingsCollection:
    """Ratings, while they are read.

    Parameters
    ----------
    workspace : Workspace
    chunk_rows : int
        Rows whose ids are numbered at once.

    Attributes
    ----------
    store : RowStore
        To be closed if no table is made.
    """

    def __init__(self, workspace: Workspace, chunk_rows: int) -> None:
        self._workspace = workspace
        self._chunk_rows = chunk_rows
        self._customers, self._videos = IdentifierChunks(), IdentifierChunks()
        self._titles = VideoTitles()
        self._has_titles_file = False
        self._accounting = Accounting()
        self._read_as: set[str] = set()
        self._pending: list[ParsedBlock] = []
        self._n_pending = 0
        self.store = RowStore(
            memory_bytes=workspace.rows_bytes,
            disk_bytes=workspace.disk_bytes,
            folder=workspace.folder,
        )

    def add_titles(self, titles: Mapping[str, str]) -> None:
        """Add a titles file."""
        self._titles.add_table(titles)
        self._has_titles_file = True

    def start_file(self, name: str, *, read_as: str, first_line: int) -> None:
        """Begin a file of ratings.

        Parameters
        ----------
        name, read_as : str
            The file, and the name of its dialect.
        first_line : int
            Number of its first line with a rating, from 1.
        """
        self._read_as.add(read_as)
        self._accounting.start_file(name, first_line)

    def add_block(self, block: ParsedBlock, *, fraction: float | None) -> None:
        """Add a block of ratings of the file that was begun last.

        Parameters
        ----------
        block : ParsedBlock
        fraction : float or None
            Which part of all files is read by then, if known.

        Raises
        ------
        RatingsTooLargeError
            As soon as it is known that the ratings will not fit.
        """
        first_line = self._accounting.add_lines(block.n_lines)
        if first_line + block.n_lines > MAX_LINES:
            raise RatingsTooLargeError(
                f"expected at most {MAX_LINES:,} lines, found more; {PREPARE_WITH_SPARK}"
            )
        self._accounting.rows_read += block.n_rows
        for reason, lines in block.rejected_lines.items():
            self._accounting.reject(reason, lines + first_line)
        self._titles.add_block(block)
        lines = block.lines + first_line
        self._pending.append(replace(block, text=b"", titles=None, lines=lines))
        self._n_pending += len(block.rating)
        if self._n_pending >= self._chunk_rows:
            self._end_chunk(fraction)

    def finish(self, max_rejected_ratio: float, *, where: str) -> RatingsTable:
        """Make the table.

        Raises
        ------
        RatingsFormatError
            If there were titles only.
        EmptyRatingsError
            If there was no row at all.
        MalformedRatingsError
            If more rows than `max_rejected_ratio` had to be rejected.
        """
        check_read(
            self._accounting,
            max_rejected_ratio,
            where=where,
            read_as=self._read_as,
            has_titles=self._has_titles_file,
        )
        if self._pending:
            self._end_chunk(1.0)
        return RatingsTable(
            self.store,
            self._customers,
            self._videos,
            self._titles,
            self._accounting,
            self._workspace,
        )

    def _end_chunk(self, fraction: float | None) -> None:
        blocks, self._pending, self._n_pending = self._pending, [], 0
        rows = Rows(
            self._customers.append(concatenate([block.customers for block in blocks])),
            self._videos.append(concatenate([block.videos for block in blocks])),
            np.concatenate([block.rating for block in blocks]),
            np.concatenate([block.timestamp for block in blocks]),
            np.concatenate([block.lines for block in blocks]).astype(np.uint32),
        )
        self._workspace.check(
            n_rows=self.store.n_rows + len(rows),
            n_ids=max(len(self._customers), len(self._videos)),
            id_bytes=self._customers.nbytes + self._videos.nbytes,
            fraction=fraction,
        )
        self.store.append(rows)
