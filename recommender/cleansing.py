"""Which ratings are worth learning from: no duplicates, no long tail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.errors import EmptyRatingsError
from recommender.rating_blocks import RejectReason
from recommender.ratings import RatingsTable


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
class CleansingResult:
    """Ratings that survived, and how many rows each rule removed.

    Attributes
    ----------
    table : RatingsTable
        Survivors in their old order; its ``rejected`` counts the reader's reasons too.
    rejected : mapping
        Rows removed here, by reason. A row below both thresholds counts for the customer's.
    """

    table: RatingsTable
    rejected: Mapping[RejectReason, int]


def cleanse(table: RatingsTable, rules: CleansingRules) -> CleansingResult:
    """Keep one rating per customer and video, then drop the long tail.

    Of several ratings of one video by one customer the latest is kept: by timestamp, where a
    missing one counts as oldest; among equals the last in the table.

    Parameters
    ----------
    table : RatingsTable
        Not changed.
    rules : CleansingRules

    Raises
    ------
    EmptyRatingsError
        If nothing is left; says what the thresholds were and the best that was there.
    """
    frame = table.frame
    customer, customer_ids = pd.factorize(frame["customer_id"])
    video, video_ids = pd.factorize(frame["video_id"])
    is_kept = _is_latest(frame, customer, video)
    rejected: dict[RejectReason, int] = {"duplicate": int((~is_kept).sum())}
    below_customer = below_video = 0
    while True:
        per_customer = np.bincount(customer[is_kept], minlength=len(customer_ids))
        per_video = np.bincount(video[is_kept], minlength=len(video_ids))
        is_thin_customer = is_kept & (per_customer[customer] < rules.min_ratings_per_customer)
        is_thin_video = is_kept & (per_video[video] < rules.min_ratings_per_video)
        below_customer += int(is_thin_customer.sum())
        below_video += int((is_thin_video & ~is_thin_customer).sum())
        is_dropped = is_thin_customer | is_thin_video
        is_kept &= ~is_dropped
        if not is_kept.any():
            raise EmptyRatingsError(_nothing_left(table, rules, per_customer, per_video))
        if not rules.until_stable or not is_dropped.any():
            break
    rejected["below_customer_threshold"] = below_customer
    rejected["below_video_threshold"] = below_video
    survivors = RatingsTable(
        frame=frame[is_kept].reset_index(drop=True),
        rows_read=table.rows_read,
        rejected={**table.rejected, **rejected},
        examples=table.examples,
    )
    return CleansingResult(survivors, rejected)


def _is_latest(
    frame: pd.DataFrame, customer: npt.NDArray[np.intp], video: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    oldest = np.iinfo(np.int64).min
    timestamp = frame["timestamp"].to_numpy(np.int64, na_value=oldest)
    order = np.lexsort((timestamp, video, customer))  # stable: equals stay in table order
    is_last = np.ones(len(order), dtype=bool)
    sorted_customer, sorted_video = customer[order], video[order]
    is_last[:-1] = (sorted_customer[1:] != sorted_customer[:-1]) | (
        sorted_video[1:] != sorted_video[:-1]
    )
    is_latest = np.empty(len(order), dtype=bool)
    is_latest[order] = is_last
    return is_latest


def _nothing_left(
    table: RatingsTable,
    rules: CleansingRules,
    per_customer: npt.NDArray[np.intp],
    per_video: npt.NDArray[np.intp],
) -> str:
    best_customer, best_video = per_customer.max(initial=0), per_video.max(initial=0)
    return (
        f"the filter leaves none of {len(table.frame)} ratings: expected customers with at least "
        f"{rules.min_ratings_per_customer} and videos with at least {rules.min_ratings_per_video} "
        f"ratings, found at most {best_customer} per customer and {best_video} per video; "
        "lower filter.min_ratings_per_customer or filter.min_ratings_per_video, or give "
        "more ratings"
    )
