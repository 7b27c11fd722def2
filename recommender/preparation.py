"""From raw ratings to indexed splits, in one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from recommender.cleansing import CleansingRules, cleanse
from recommender.indexing import IndexTables, build_index
from recommender.rating_profile import RatingDistribution
from recommender.ratings import Accounting, RatingsTable, Rows
from recommender.ratings.partitions import Partitions
from recommender.ratings.rows import concatenate
from recommender.run_layout import SPLITS, Split
from recommender.splitting import (
    RandomCut,
    SplitFractions,
    SplitStrategy,
    check_not_empty,
    newest_last,
    shuffling_keys,
)


@dataclass(frozen=True, slots=True)
class PreparedRatings:
    """What the later steps of a run need. A context manager: the ratings may be on disk.

    Attributes
    ----------
    index : IndexTables
        Covers every split.
    accounting : Accounting
        ``accounting.rows_read == kept + accounting.n_rejected``.
    before : RatingDistribution
        Of all ratings that were understood, before any was dropped.
    kept : int
        Ratings of all splits.
    partitions : mapping
        The ratings of each split, scattered by `shuffling_keys`.
    seed : int
    """

    index: IndexTables
    accounting: Accounting
    before: RatingDistribution
    kept: int
    partitions: Mapping[Split, Partitions]
    seed: int

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for partitions in self.partitions.values():
            partitions.close()

    def n_ratings(self, split: Split) -> int:
        """Count the ratings of a split."""
        return self.partitions[split].n_rows

    def parts(self, split: Split, *, max_rows: int) -> Iterator[Rows]:
        """Give the ratings of a split, shuffled, cut every `max_rows` rows.

        The parts are the same whatever the memory, and in how many partitions the work was done.
        """
        pending: list[Rows] = []
        for rows in self.ratings(split):
            pending.append(rows)
            while sum(map(len, pending)) >= max_rows:
                joined = concatenate(pending)
                yield joined.take(slice(max_rows))
                pending = [joined.take(slice(max_rows, None))]
        if sum(map(len, pending)):
            yield concatenate(pending)

    def ratings(self, split: Split) -> Iterator[Rows]:
        """Give the ratings of a split, shuffled, in pieces that fit the memory.

        Their ``customer`` is the ``user_index``, their ``video`` the ``item_index``. The sequence
        does not depend on where it is cut.
        """
        partitions = self.partitions[split]
        for number in range(len(partitions)):
            rows = partitions.load(number)
            yield rows.take(np.argsort(shuffling_keys(rows, self.seed)))


def prepare(
    table: RatingsTable,
    rules: CleansingRules,
    fractions: SplitFractions,
    *,
    strategy: SplitStrategy,
    seed: int,
) -> PreparedRatings:
    """Cleanse, number and split ratings.

    Parameters
    ----------
    table : RatingsTable
        Its rows are used up, to save memory.
    rules : CleansingRules
    fractions : SplitFractions
    strategy : str
        ``"random"``: over all ratings. ``"latest"``: of each customer, the newest ratings are
        the test split and those before them the validation split; ties in random order.
    seed : int
        The only source of randomness.

    Raises
    ------
    EmptyRatingsError
        If the rules, or a split, leave nothing.
    RatingsFormatError
        If the strategy needs times that the ratings lack.
    RatingsTooLargeError
        If the local disk is too small.
    """
    cleansed = cleanse(table, rules)
    with cleansed.partitions as survivors, ExitStack() as on_error:
        index = build_index(table, cleansed.per_customer, cleansed.per_video)
        for number in range(len(survivors)):
            survivors.replace(number, index.apply(survivors.load(number)))
        kept = survivors.n_rows
        splits = {
            split: on_error.enter_context(Partitions(len(survivors), table.workspace, share=share))
            for split, share in zip(SPLITS, _shares(fractions), strict=True)
        }
        if strategy == "random":
            _split_randomly(survivors, splits, fractions, seed)
        else:
            _split_by_age(survivors, splits, fractions, seed)
        sizes = {split: partitions.n_rows for split, partitions in splits.items()}
        check_not_empty(sizes, fractions, n_ratings=kept)
        on_error.pop_all()
    return PreparedRatings(
        index=index,
        accounting=table.accounting,
        before=cleansed.before,
        kept=kept,
        partitions=splits,
        seed=seed,
    )


def _split_randomly(
    survivors: Partitions, splits: Mapping[Split, Partitions], fractions: SplitFractions, seed: int
) -> None:
    cut = RandomCut(fractions, survivors.n_rows)
    if min(cut.sizes) == 0:
        return
    for look in (cut.count, cut.look_closer):
        for number in range(len(survivors)):
            look(shuffling_keys(survivors.load(number), seed))
    thresholds = cut.thresholds()
    for number in range(len(survivors)):
        rows = survivors.load(number)
        keys = shuffling_keys(rows, seed)
        _scatter(rows, keys, np.searchsorted(thresholds, keys, side="right"), splits)
        survivors.replace(number, rows.take(np.zeros(0, dtype=np.intp)))


def _split_by_age(
    survivors: Partitions, splits: Mapping[Split, Partitions], fractions: SplitFractions, seed: int
) -> None:
    for number in range(len(survivors)):
        rows = survivors.load(number)
        keys = shuffling_keys(rows, seed)
        position = newest_last(rows, keys)
        _scatter(rows, keys, np.searchsorted(fractions.bounds, position, side="right"), splits)
        survivors.replace(number, rows.take(np.zeros(0, dtype=np.intp)))


def _scatter(
    rows: Rows,
    keys: npt.NDArray[np.uint64],
    part: npt.NDArray[np.intp],
    splits: Mapping[Split, Partitions],
) -> None:
    """Put rows into their splits, there by their first bits: partitions in order of the keys."""
    for number, partitions in enumerate(splits.values()):
        places = np.flatnonzero(part == number)
        n_bits = len(partitions).bit_length() - 1
        first_bits = (
            keys[places] >> np.uint64(64 - n_bits) if n_bits else np.zeros(len(places), np.uint64)
        )
        partitions.scatter(rows.take(places), first_bits.astype(np.int64))


def _shares(fractions: SplitFractions) -> tuple[float, float, float]:
    return (fractions.train, fractions.validation, fractions.test)
