"""Exact places in the shuffled order, without sorting all ratings in one place.

Keys are evenly spread by construction, so their first bits cut the order into slots of about the
same size. How many ratings each slot has, which is counted in the executors, tells the rank of
each slot's first rating; and so which slots a task needs to write an exact range of ranks. A slot
that two ranges share is sent to both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.run_layout import SPLITS, Split

Ranks = npt.NDArray[np.int64]

# Rows of a task's output, if a single file has not more: a training file.
UNIT_ROWS = 1_000_000
_SLOT_ROWS = 4096
_MAX_SLOT_BITS = 18
_MIN_SLOT_BITS = 4


def slot_bits(n_rows: int) -> int:
    """Say how many bits of a key make its slot: slots of some thousand rows."""
    return min(_MAX_SLOT_BITS, max(_MIN_SLOT_BITS, (n_rows // _SLOT_ROWS).bit_length()))


@dataclass(frozen=True, slots=True)
class Unit:
    """Neighbouring files of a split, written by one task.

    Attributes
    ----------
    split : str
    number : int
        Of the unit in its split, from 0: the number of the part of its ratings.
    first_file : int
        Number of its first RecordIO file.
    sizes : tuple of int
        Rows of its RecordIO files.
    start : int
        Rank of its first rating among all splits', one split after the other.
    """

    split: Split
    number: int
    first_file: int
    sizes: tuple[int, ...]
    start: int

    @property
    def stop(self) -> int:
        """Rank behind its last rating."""
        return self.start + sum(self.sizes)


def make_units(sizes: Mapping[Split, Sequence[int]], *, unit_rows: int = UNIT_ROWS) -> list[Unit]:
    """Put the RecordIO files of all splits into units, in the order of their ranks.

    Parameters
    ----------
    sizes : mapping
        Rows of each file of each split.
    unit_rows : int
    """
    units: list[Unit] = []
    start = 0
    for split in SPLITS:
        files = sizes[split]
        n_files = max(1, unit_rows // max(files))
        for number, first in enumerate(range(0, len(files), n_files)):
            unit = Unit(split, number, first, tuple(files[first : first + n_files]), start)
            units.append(unit)
            start = unit.stop
    return units


class SlotPlan:
    """Which units need which slots.

    Parameters
    ----------
    counts : int64 array, shape (n_slots,)
        Ratings of each slot, in the order of the ranks.
    units : sequence of Unit
        All; one begins where the one before it ends.

    Raises
    ------
    ValueError
        If they are of different numbers of ratings.
    """

    def __init__(self, counts: Ranks, units: Sequence[Unit]) -> None:
        ends = np.cumsum(counts)
        if ends[-1] != units[-1].stop:
            raise ValueError(f"{ends[-1]} ratings have keys, {units[-1].stop} are to be written")
        starts = np.array([unit.start for unit in units])
        stops = np.array([unit.stop for unit in units])
        self.first_unit = _unit_at(starts, ends - counts)
        last_unit = _unit_at(starts, ends - 1)
        self.n_units = np.where(counts > 0, last_unit - self.first_unit + 1, 0)
        first_slot = np.searchsorted(ends, starts, side="right")
        last_slot = np.searchsorted(ends, stops, side="left")
        self.first_rank: Ranks = (ends - counts)[first_slot]
        self.n_rows: Ranks = ends[last_slot] - self.first_rank

    def copies(self, slots: npt.NDArray[np.integer]) -> tuple[Ranks, Ranks]:
        """Say which rows are sent where.

        Parameters
        ----------
        slots : int array, shape (n_rows,)
            The slot of each row.

        Returns
        -------
        rows : int64 array, shape (n_copies,)
            Which row each copy is of.
        unit : int64 array, shape (n_copies,)
            Where it goes.
        """
        n_copies = self.n_units[slots]
        rows = np.repeat(np.arange(len(slots)), n_copies)
        firsts = np.cumsum(n_copies) - n_copies
        return rows, self.first_unit[slots][rows] + np.arange(len(rows)) - firsts[rows]


def _unit_at(starts: Ranks, ranks: Ranks) -> Ranks:
    return np.maximum(np.searchsorted(starts, ranks, side="right") - 1, 0)
