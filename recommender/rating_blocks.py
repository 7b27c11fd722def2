"""Fields of lines into ratings, each row kept or rejected for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.delimited import Fields
from recommender.rating_formats import RatingField

RejectReason = Literal[
    "malformed",
    "missing_value",
    "rating_out_of_range",
    "duplicate",
    "below_customer_threshold",
    "below_video_threshold",
]
MAX_EXAMPLES = 20

# No rating is older than the year 5138 in seconds; larger numbers are milliseconds.
_MILLISECONDS_FROM = 1e11


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """Ratings of a block of lines, and what was wrong with the others.

    Attributes
    ----------
    frame : DataFrame
        Columns as in `recommender.ratings.RatingsTable`.
    n_rows : int
        Lines that are no header and not empty.
    rejected : mapping
        Rows that are not in `frame`, by reason.
    rejected_places : mapping
        Up to 20 places for each reason, as ``file:line``.
    """

    frame: pd.DataFrame
    n_rows: int
    rejected: Mapping[RejectReason, int]
    rejected_places: Mapping[RejectReason, list[str]]


def parse_block(
    fields: Fields,
    positions: Mapping[RatingField, int],
    limits: tuple[float, float],
    name: str,
) -> ParsedBlock:
    """Make ratings of fields.

    Parameters
    ----------
    fields : Fields
    positions : mapping
        Which field of the line holds which field of a rating.
    limits : tuple of float
        Smallest and largest acceptable rating, both included.
    name : str
        The file, for places.
    """
    texts = {of: fields.frame[at] for of, at in positions.items()}
    rating = pd.to_numeric(texts["rating"], errors="coerce").to_numpy(np.float64)
    is_missing = np.zeros(len(rating), dtype=bool)
    for required in ("customer_id", "video_id", "rating"):
        is_missing |= (texts[required] == "").to_numpy(bool)
    is_malformed = ~is_missing & np.isnan(rating)
    lowest, highest = limits
    is_outside = ~is_missing & ~is_malformed & ~((rating >= lowest) & (rating <= highest))
    is_good = ~(is_missing | is_malformed | is_outside)
    lines: dict[RejectReason, npt.NDArray[np.int64]] = {
        "malformed": np.sort(np.concatenate((fields.malformed_lines, fields.lines[is_malformed]))),
        "missing_value": fields.lines[is_missing],
        "rating_out_of_range": fields.lines[is_outside],
    }
    title = texts.get("title")
    frame = pd.DataFrame(
        {
            "customer_id": texts["customer_id"],
            "video_id": texts["video_id"],
            "rating": rating.astype(np.float32),
            "timestamp": _timestamps(texts.get("timestamp"), len(rating)),
            "title": np.nan if title is None else title.where(title != ""),
        }
    )
    return ParsedBlock(
        frame=frame[is_good].astype({"title": "str"}),
        n_rows=len(fields.lines) + len(fields.malformed_lines),
        rejected={reason: len(at) for reason, at in lines.items()},
        rejected_places={
            reason: [f"{name}:{line}" for line in at[:MAX_EXAMPLES]] for reason, at in lines.items()
        },
    )


def _timestamps(texts: pd.Series[str] | None, n_rows: int) -> pd.Series[int]:
    """Seconds since 1970 UTC, from numbers or from dates; missing where there is neither."""
    if texts is None or n_rows == 0:
        return pd.Series([pd.NA] * n_rows, dtype="Int64")
    numbers = pd.to_numeric(texts, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    if np.isnan(numbers).all():
        dates = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce", utc=True)
        numbers = (dates - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(np.float64)
    numbers = np.where(np.abs(numbers) >= _MILLISECONDS_FROM, numbers / 1000.0, numbers)
    is_usable = np.abs(numbers) < _MILLISECONDS_FROM
    seconds = np.floor(np.where(is_usable, numbers, 0.0)).astype(np.int64)
    return pd.Series(seconds, dtype="Int64").where(pd.Series(is_usable))
