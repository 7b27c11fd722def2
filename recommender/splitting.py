"""Which ratings train, which tune, which test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.errors import EmptyRatingsError, RatingsFormatError
from recommender.run_layout import SPLITS, Split

SplitStrategy = Literal["random", "latest"]
SUM_TOLERANCE = 1e-9


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


def split_ratings(
    frame: pd.DataFrame,
    fractions: SplitFractions,
    *,
    strategy: SplitStrategy,
    rng: np.random.Generator,
) -> dict[Split, pd.DataFrame]:
    """Part the ratings into splits; every rating lands in exactly one.

    All splits come shuffled: SageMaker's Factorization Machines read the training file in file
    order and never shuffle it, so a file sorted by customer trains visibly worse.

    Parameters
    ----------
    frame : DataFrame
        Ratings; not changed.
    fractions : SplitFractions
    strategy : str
        ``"random"``: over all ratings. ``"latest"``: of each customer, the newest ratings are
        the test split and those before them the validation split; ties in random order.
    rng : numpy.random.Generator
        The only source of randomness.

    Returns
    -------
    dict
        Split to its ratings, index reset.

    Raises
    ------
    EmptyRatingsError
        If a split would be empty.
    RatingsFormatError
        If `strategy` is ``"latest"`` and a rating has no timestamp.
    """
    shuffled = frame.iloc[rng.permutation(len(frame))]
    position = _random_position(len(frame)) if strategy == "random" else _age_position(shuffled)
    bounds = np.cumsum([fractions.train, fractions.validation])
    part = np.searchsorted(bounds, position, side="right")
    splits = {
        split: shuffled[part == number].reset_index(drop=True)
        for number, split in enumerate(SPLITS)
    }
    empty = [split for split, ratings in splits.items() if ratings.empty]
    if empty:
        raise EmptyRatingsError(
            f"{len(frame)} ratings leave the split {' and '.join(empty)} empty: expected at least "
            f"one rating in each with fractions {fractions.train}/{fractions.validation}/"
            f"{fractions.test}; give more ratings, or filter less"
        )
    return splits


def _random_position(n_ratings: int) -> npt.NDArray[np.float64]:
    """Give the place of each row in its sequence, in (0, 1): the middle of its slot."""
    return (np.arange(n_ratings) + 0.5) / n_ratings


def _age_position(shuffled: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Give the place of each row among its customer's ratings from old to new, in (0, 1)."""
    n_missing = int(shuffled["timestamp"].isna().sum())
    if n_missing:
        raise RatingsFormatError(
            f'split.strategy "latest" needs the time of every rating, found {n_missing} of '
            f'{len(shuffled)} without; say dataset.columns.timestamp, or split.strategy "random"'
        )
    customer, _ = pd.factorize(shuffled["customer_id"])
    order = np.lexsort((shuffled["timestamp"].to_numpy(np.int64), customer))
    n_ratings = np.bincount(customer, minlength=1)
    first = np.concatenate(([0], np.cumsum(n_ratings)[:-1]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - first[customer[order]]
    return (rank + 0.5) / n_ratings[customer]
