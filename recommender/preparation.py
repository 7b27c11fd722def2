"""From raw ratings to indexed splits, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.cleansing import CleansingRules, cleanse
from recommender.features import IndexTables, apply_index, build_index
from recommender.rating_blocks import RejectReason
from recommender.ratings import RatingsTable
from recommender.run_layout import Split
from recommender.splitting import SplitFractions, SplitStrategy, split_ratings


@dataclass(frozen=True, slots=True)
class PreparedRatings:
    """What the later steps of a run need.

    Attributes
    ----------
    splits : dict
        Split to its ratings, with ``user_index`` and ``item_index``, shuffled.
    index : IndexTables
        Covers every split.
    rows_read, kept : int
        ``rows_read == kept + sum(rejected.values())``.
    rejected : mapping
        Rows dropped, by reason.
    """

    splits: dict[Split, pd.DataFrame]
    index: IndexTables
    rows_read: int
    kept: int
    rejected: Mapping[RejectReason, int]


def prepare(
    table: RatingsTable,
    rules: CleansingRules,
    fractions: SplitFractions,
    *,
    strategy: SplitStrategy,
    rng: np.random.Generator,
) -> PreparedRatings:
    """Cleanse, number and split ratings.

    Parameters
    ----------
    table : RatingsTable
    rules : CleansingRules
    fractions : SplitFractions
    strategy : str
    rng : numpy.random.Generator

    Raises
    ------
    EmptyRatingsError
        If the rules, or a split, leave nothing.
    RatingsFormatError
        If the strategy needs times that the ratings lack.
    """
    survivors = cleanse(table, rules).table
    index = build_index(survivors.frame)
    indexed = apply_index(survivors.frame, index)
    return PreparedRatings(
        splits=split_ratings(indexed, fractions, strategy=strategy, rng=rng),
        index=index,
        rows_read=survivors.rows_read,
        kept=len(survivors.frame),
        rejected=survivors.rejected,
    )
