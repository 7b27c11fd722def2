"""Rows in partitions that fit the memory one by one."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from recommender.ratings.rows import Rows, RowStore, concatenate
from recommender.ratings.workspace import Workspace

# Rows at rest, sorting keys, an order, masks, and the rows that are picked.
_WORKING_BYTES_PER_ROW = 100
_MAX_PARTITIONS = 1 << 12


def partitions_for(n_rows: int, workspace: Workspace) -> int:
    """Say into how many partitions rows should be scattered: a power of two.

    Parameters
    ----------
    n_rows : int
    workspace : Workspace
    """
    room = max(1, workspace.working_bytes // _WORKING_BYTES_PER_ROW)
    n_partitions = 1
    while n_partitions * room < n_rows and n_partitions < _MAX_PARTITIONS:
        n_partitions *= 2
    return n_partitions


class Partitions:
    """Rows, scattered over partitions; a context manager.

    Parameters
    ----------
    n_partitions : int
    workspace : Workspace
    share : float
        Which part of the workspace's memory for rows is theirs.
    """

    def __init__(self, n_partitions: int, workspace: Workspace, *, share: float = 1.0) -> None:
        self._pieces: list[list[int]] = [[] for _ in range(n_partitions)]
        self._store = RowStore(
            memory_bytes=int(workspace.rows_bytes * share),
            disk_bytes=workspace.disk_bytes,
            folder=workspace.folder,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._pieces)

    @property
    def n_rows(self) -> int:
        """Rows of all partitions."""
        return self._store.n_rows

    def scatter(self, rows: Rows, partition: npt.NDArray[np.integer]) -> None:
        """Add rows to their partitions.

        Parameters
        ----------
        rows : Rows
        partition : int array, shape (n_rows,)
        """
        if len(self) == 1:
            self._append(0, rows)
            return
        # Stable, and for 16 bits a radix sort: rows keep their order within a partition.
        order = np.argsort(partition.astype(np.uint16), kind="stable")
        sizes = np.bincount(partition, minlength=len(self))
        for number, places in enumerate(np.split(order, np.cumsum(sizes)[:-1])):
            if len(places):
                self._append(number, rows.take(places))

    def load(self, number: int) -> Rows:
        """Give the rows of a partition, in the order in which they were added."""
        return concatenate([self._store.load(piece) for piece in self._pieces[number]])

    def replace(self, number: int, rows: Rows) -> None:
        """Put fewer rows in the place of a partition's."""
        for piece in self._pieces[number]:
            self._store.drop(piece)
        self._pieces[number] = []
        self._append(number, rows)

    def close(self) -> None:
        """Forget everything."""
        self._store.close()

    def _append(self, number: int, rows: Rows) -> None:
        self._pieces[number].append(self._store.append(rows))
