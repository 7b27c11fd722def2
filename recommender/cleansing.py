"""Which ratings are worth learning from: no duplicates, no long tail."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.errors import EmptyRatingsError
from recommender.rating_profile import RatingDistribution, RatingProfile
from recommender.ratings import RatingsTable, Rows
from recommender.ratings.partitions import Partitions, partitions_for

Counts = npt.NDArray[np.int64]

# Odd, and far from each other's small multiples.
_CUSTOMER_FACTOR = np.uint32(0x9E3779B1)
_VIDEO_FACTOR = np.uint32(0x85EBCA6B)
_SUSPECT_BITS = 22
_SUSPECT_SHIFT = np.uint32(32 - _SUSPECT_BITS)


@dataclass(frozen=True, slots=True)
class CleansingRules:
    """What a rating must satisfy to be kept.

    Attributes
    ----------
    min_ratings_per_customer, min_ratings_per_video : int
        Smallest acceptable number of ratings, after duplicates are gone.
    until_stable : bool
        Filter again until nothing more is dropped, so that the thresholds hold in the result.
        One pass, as in the Airflow sample that this workflow re-creates, may leave some
        customers and videos just below.
    """

    min_ratings_per_customer: int
    min_ratings_per_video: int
    until_stable: bool


@dataclass(frozen=True, slots=True)
class CleansedRatings:
    """Ratings that survived.

    Attributes
    ----------
    partitions : Partitions
        Survivors; all of a customer's are in one partition, in the order of the table. To be
        closed.
    per_customer, per_video : int64 array
        Ratings that each customer and each video of the table has left.
    before : RatingDistribution
        Of all ratings of the table.
    """

    partitions: Partitions
    per_customer: Counts
    per_video: Counts
    before: RatingDistribution


def cleanse(table: RatingsTable, rules: CleansingRules) -> CleansedRatings:
    """Keep one rating per customer and video, then drop the long tail.

    Of several ratings of one video by one customer the latest is kept: by timestamp, where a
    missing one counts as oldest; among equals the last in the table. A rating below both
    thresholds counts for the customer's.

    Parameters
    ----------
    table : RatingsTable
        Its rows are used up, to save memory; its accounting is carried on.
    rules : CleansingRules

    Raises
    ------
    EmptyRatingsError
        If nothing is left; says what the thresholds were and the best that was there.
    """
    n_partitions = partitions_for(table.n_rows, table.workspace)
    with ExitStack() as on_error:
        partitions = on_error.enter_context(Partitions(n_partitions, table.workspace))
        before = _drop_older(table, partitions)
        while True:
            n_before = partitions.n_rows
            _drop_thin(table, partitions, rules)
            if not rules.until_stable or partitions.n_rows == n_before:
                break
        on_error.pop_all()
    return CleansedRatings(partitions, *_count(table, partitions), before)


def _drop_older(table: RatingsTable, partitions: Partitions) -> RatingDistribution:
    profile = RatingProfile(len(table.videos))
    for rows in table.take_chunks():
        profile.add(rows.video, rows.rating)
        partitions.scatter(rows, rows.customer % len(partitions))
    for number in range(len(partitions)):
        rows = partitions.load(number)
        is_kept = is_latest(rows)
        table.accounting.reject("duplicate", rows.line[~is_kept])
        partitions.replace(number, rows.take(np.flatnonzero(is_kept)))
    return profile.distribution()


def is_latest(rows: Rows) -> npt.NDArray[np.bool_]:
    """Tell which ratings are a customer's latest of a video.

    Parameters
    ----------
    rows : Rows
        In the order of the table.

    Returns
    -------
    bool array, shape (n_rows,)
    """
    kept = np.ones(len(rows), dtype=bool)
    suspects = np.flatnonzero(_may_be_repeated(rows))
    if not len(suspects):
        return kept
    pairs = rows.customer[suspects].astype(np.int64) << 32 | rows.video[suspects]
    order = np.lexsort((rows.timestamp[suspects], pairs))  # stable
    ordered = pairs[order]
    is_older = np.zeros(len(order), dtype=bool)
    is_older[:-1] = ordered[1:] == ordered[:-1]
    kept[suspects[order[is_older]]] = False
    return kept


def _may_be_repeated(rows: Rows) -> npt.NDArray[np.bool_]:
    """Tell all pairs that occur twice, and a few others: by short hashes, which sort fast."""
    hashes = rows.customer.view(np.uint32) * _CUSTOMER_FACTOR
    hashes += rows.video.view(np.uint32) * _VIDEO_FACTOR
    hashes ^= hashes >> np.uint32(15)
    in_order = np.sort(hashes)
    repeated = in_order[:-1][in_order[1:] == in_order[:-1]]
    is_suspect = np.zeros(1 << _SUSPECT_BITS, dtype=bool)
    is_suspect[repeated >> _SUSPECT_SHIFT] = True
    suspects: npt.NDArray[np.bool_] = is_suspect[hashes >> _SUSPECT_SHIFT]
    return suspects


def _count(table: RatingsTable, partitions: Partitions) -> tuple[Counts, Counts]:
    per_customer = np.zeros(len(table.customers), dtype=np.int64)
    per_video = np.zeros(len(table.videos), dtype=np.int64)
    for number in range(len(partitions)):
        rows = partitions.load(number)
        per_customer += np.bincount(rows.customer, minlength=len(per_customer))
        per_video += np.bincount(rows.video, minlength=len(per_video))
    return per_customer, per_video


def _drop_thin(table: RatingsTable, partitions: Partitions, rules: CleansingRules) -> None:
    """Drop the ratings of customers and videos that are below their thresholds by now."""
    n_before = partitions.n_rows
    per_customer, per_video = _count(table, partitions)
    is_customer = per_customer >= rules.min_ratings_per_customer
    is_video = per_video >= rules.min_ratings_per_video
    for number in range(len(partitions)):
        rows = partitions.load(number)
        has_customer, has_video = is_customer[rows.customer], is_video[rows.video]
        table.accounting.reject("below_customer_threshold", rows.line[~has_customer])
        table.accounting.reject("below_video_threshold", rows.line[has_customer & ~has_video])
        partitions.replace(number, rows.take(np.flatnonzero(has_customer & has_video)))
    if not partitions.n_rows:
        best = int(per_customer.max(initial=0)), int(per_video.max(initial=0))
        raise nothing_left(n_before, rules, *best)


def nothing_left(
    n_rows: int, rules: CleansingRules, best_customer: int, best_video: int
) -> EmptyRatingsError:
    """Say that the filter leaves none of `n_rows` ratings, and the most that there were."""
    return EmptyRatingsError(
        f"the filter leaves none of {n_rows} ratings: expected customers with at least "
        f"{rules.min_ratings_per_customer} and videos with at least {rules.min_ratings_per_video} "
        f"ratings, found at most {best_customer} per customer and {best_video} per video; "
        "lower filter.min_ratings_per_customer or filter.min_ratings_per_video, or give "
        "more ratings"
    )
