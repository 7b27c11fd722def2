"""Which ratings train, which tune, which test, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from recommender.errors import EmptyRatingsError, RatingsFormatError
from recommender.ratings import Rows
from recommender.run_layout import Split
from recommender.timestamps import NO_TIMESTAMP

SplitStrategy = Literal["random", "latest"]
SUM_TOLERANCE = 1e-9

Keys = npt.NDArray[np.uint64]

_BIN_BITS = 16
_TO_BIN = np.uint64(64 - _BIN_BITS)


@dataclass(frozen=True, slots=True)
class SplitFractions:
    """Shares of the ratings, in (0, 1), that sum to 1.

    Raises
    ------
    ValueError
        If they do not.
    """

    train: float
    validation: float
    test: float

    def __post_init__(self) -> None:
        shares = (self.train, self.validation, self.test)
        total = sum(shares)
        if abs(total - 1.0) > SUM_TOLERANCE or not all(0.0 < share < 1.0 for share in shares):
            raise ValueError(
                f"split: expected train, validation and test above 0 that sum to 1, found "
                f"{self.train} + {self.validation} + {self.test} = {total:g}"
            )

    @property
    def bounds(self) -> npt.NDArray[np.float64]:
        """Where, in a sequence from 0 to 1, validation begins and where test does."""
        return np.array([self.train, self.train + self.validation])


def check_not_empty(
    sizes: Mapping[Split, int], fractions: SplitFractions, *, n_ratings: int
) -> None:
    """Refuse splits of which one has no rating.

    Parameters
    ----------
    sizes : mapping of str to int
        Ratings of each split.
    fractions : SplitFractions
    n_ratings : int
        What was to be split.

    Raises
    ------
    EmptyRatingsError
    """
    empty = [split for split, size in sizes.items() if not size]
    if empty:
        raise EmptyRatingsError(
            f"{n_ratings} ratings leave the split {' and '.join(empty)} empty: expected "
            f"at least one rating in each with fractions {fractions.train}/"
            f"{fractions.validation}/{fractions.test}; give more ratings, or filter less"
        )


def shuffling_keys(rows: Rows, seed: int) -> Keys:
    """Give each rating a number whose order is a random one.

    A rating's number depends on its customer, its video and the seed, on nothing else: neither on
    the order of the files nor on how the work is cut. Different ratings have different numbers.
    All splits are sorted by it: SageMaker's Factorization Machines read the training file in file
    order and never shuffle it, so a file sorted by customer trains visibly worse.

    Parameters
    ----------
    rows : Rows
        With indices for codes, and no pair twice.
    seed : int
        Not negative, below 2^64.

    Returns
    -------
    uint64 array, shape (n_rows,)
        Mixed by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), a bijection.
    """
    pairs = rows.customer.astype(np.uint64) << np.uint64(32) | rows.video.astype(np.uint64)
    start = np.full(1, seed, dtype=np.uint64)
    _mix(start)
    pairs += start
    _mix(pairs)
    return pairs


def _mix(numbers: Keys) -> None:
    numbers += np.uint64(0x9E3779B97F4A7C15)
    numbers ^= numbers >> np.uint64(30)
    numbers *= np.uint64(0xBF58476D1CE4E5B9)
    numbers ^= numbers >> np.uint64(27)
    numbers *= np.uint64(0x94D049BB133111EB)
    numbers ^= numbers >> np.uint64(31)


class RandomCut:
    """The strategy ``"random"``: cuts the shuffled sequence of all ratings.

    The keys where to cut are found exactly without sorting all: a first look (`count`) tells in
    which bin of keys each lies, a second (`look_closer`) which of the bin's keys it is.

    Parameters
    ----------
    fractions : SplitFractions
    n_rows : int
        Ratings in all.
    """

    def __init__(self, fractions: SplitFractions, n_rows: int) -> None:
        self._n_rows = n_rows
        middles = fractions.bounds * n_rows - 0.5
        self._ranks = np.ceil(middles - SUM_TOLERANCE * n_rows).astype(np.int64)
        self._counts = np.zeros(1 << _BIN_BITS, dtype=np.int64)
        self._candidates: list[list[Keys]] = [[] for _ in self._ranks]
        self._bins: npt.NDArray[np.int64] | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """Ratings of each split."""
        return tuple(np.diff([0, *self._ranks, self._n_rows]).tolist())

    def count(self, keys: Keys) -> None:
        """Take a first look at some keys."""
        bins = (keys >> _TO_BIN).view(np.int64)
        self._counts += np.bincount(bins, minlength=len(self._counts))

    def look_closer(self, keys: Keys) -> None:
        """Take a second look, when `count` has seen all keys."""
        if self._bins is None:
            self._bins = np.searchsorted(np.cumsum(self._counts), self._ranks, side="right")
        bins = keys >> _TO_BIN
        for candidates, found in zip(self._candidates, self._bins, strict=True):
            candidates.append(keys[bins == found])

    def thresholds(self) -> Keys:
        """Give the smallest key of validation, and of test."""
        if self._bins is None:
            raise ValueError("look_closer has seen no keys")
        before = np.concatenate(([0], np.cumsum(self._counts)))[self._bins]
        return np.array(
            [
                np.sort(np.concatenate(candidates))[rank - n_before]
                for candidates, rank, n_before in zip(
                    self._candidates, self._ranks, before, strict=True
                )
            ],
            dtype=np.uint64,
        )


def newest_last(rows: Rows, keys: Keys) -> npt.NDArray[np.float64]:
    """Place each rating among its customer's, from old to new: the strategy ``"latest"``.

    Parameters
    ----------
    rows : Rows
        All ratings of each customer.
    keys : uint64 array, shape (n_rows,)
        Decide between ratings of the same time.

    Returns
    -------
    float64 array, shape (n_rows,)
        In (0, 1): the middle of the rating's slot.

    Raises
    ------
    RatingsFormatError
        If a rating has no timestamp.
    """
    n_missing = int(np.count_nonzero(rows.timestamp == NO_TIMESTAMP))
    if n_missing:
        raise RatingsFormatError(
            f'split.strategy "latest" needs the time of every rating, found {n_missing} of '
            f'{len(rows)} without; say dataset.columns.timestamp, or split.strategy "random"'
        )
    order = np.lexsort((keys, rows.timestamp, rows.customer))
    customer = rows.customer[order]
    first = np.flatnonzero(np.concatenate(([True], customer[1:] != customer[:-1])))
    n_ratings = np.diff(np.concatenate((first, [len(customer)])))
    rank = np.arange(len(customer)) - np.repeat(first, n_ratings)
    position = np.empty(len(rows))
    position[order] = (rank + 0.5) / np.repeat(n_ratings, n_ratings)
    return position
