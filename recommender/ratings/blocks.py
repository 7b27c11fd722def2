"""Fields of lines into ratings, each row kept or rejected for a reason."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt

from recommender.rating_formats import RatingField
from recommender.ratings.fields import (
    FRONT_BYTES,
    MAX_FIELD_BYTES,
    FieldLayout,
    Places,
    Scratch,
    split_fields,
)
from recommender.ratings.numerals import parse_ratings, parse_timestamps
from recommender.ratings.words import Words, load_words, take
from recommender.reject_reasons import RejectReason
from recommender.timestamps import NO_TIMESTAMP

_NOT_ASCII = np.uint64(0x8080808080808080)


@dataclass(frozen=True, slots=True)
class RatingsLayout:
    """Where the lines of a file have their ratings.

    Attributes
    ----------
    fields : FieldLayout
        With the positions of `names`, in their order.
    names : tuple of str
        The fields that the file has.
    rating_range : tuple of float
        Smallest and largest acceptable rating, both included.
    """

    fields: FieldLayout
    names: tuple[RatingField, ...]
    rating_range: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """Ratings of a block of lines, and what was wrong with the others.

    Attributes
    ----------
    customers, videos : list of uint64 array, shape (n_kept,)
        Ids, as `words.load_words` gives them.
    rating : float32 array, shape (n_kept,)
    timestamp : int64 array, shape (n_kept,)
        `NO_TIMESTAMP` where unknown.
    titles : tuple of two int64 arrays, shape (n_kept,), or None
        Where in `text` each begins, and the first byte after it; None if the file has none.
    text : bytes
    lines : int64 array, shape (n_kept,)
        Which line of the block each rating is from, from 0.
    n_lines, n_rows : int
        Lines of the block; those that are not empty.
    rejected_lines : mapping
        Which lines were rejected, by reason.
    """

    customers: Words
    videos: Words
    rating: npt.NDArray[np.float32]
    timestamp: npt.NDArray[np.int64]
    titles: tuple[Places, Places] | None
    text: bytes
    lines: Places
    n_lines: int
    n_rows: int
    rejected_lines: Mapping[RejectReason, Places]


def parse_block(text: bytes, layout: RatingsLayout) -> ParsedBlock:
    """Make ratings of a block of lines.

    Parameters
    ----------
    text : bytes
        Lines, each with its line feed.
    layout : RatingsLayout
    """
    fields = split_fields(text, layout.fields, _scratch())
    places = dict(zip(layout.names, zip(fields.starts, fields.ends, strict=True), strict=True))
    customers, has_customer, is_customer = _load_ids(fields.data, *places["customer_id"])
    videos, has_video, is_video = _load_ids(fields.data, *places["video_id"])
    rating = parse_ratings(fields.data, *places["rating"])
    has_rating = places["rating"][0] < places["rating"][1]
    lowest, highest = layout.rating_range
    is_missing = ~(has_customer & has_video & has_rating)
    is_malformed = ~is_missing & (np.isnan(rating) | ~is_customer | ~is_video)
    is_outside = ~(is_missing | is_malformed | ((rating >= lowest) & (rating <= highest)))
    is_rejected = is_missing | is_malformed | is_outside
    lines = fields.lines
    if is_rejected.any():
        kept = np.flatnonzero(~is_rejected)
        lines = lines[kept]
        customers, videos, rating = take(customers, kept), take(videos, kept), rating[kept]
        places = {name: (starts[kept], ends[kept]) for name, (starts, ends) in places.items()}
    malformed = np.concatenate((fields.lines[is_malformed], fields.malformed_lines))
    return ParsedBlock(
        customers=customers,
        videos=videos,
        rating=rating.astype(np.float32),
        timestamp=(
            parse_timestamps(fields.data, *places["timestamp"])
            if "timestamp" in places
            else np.full(len(rating), NO_TIMESTAMP)
        ),
        titles=_titles(places),
        text=fields.text,
        lines=lines,
        n_lines=fields.n_lines,
        n_rows=len(fields.lines) + len(fields.malformed_lines),
        rejected_lines={
            "malformed": np.sort(malformed),
            "missing_value": fields.lines[is_missing],
            "rating_out_of_range": fields.lines[is_outside],
        },
    )


def _scratch() -> Scratch:
    """Give the thread's own memory for blocks."""
    if not hasattr(_of_thread, "scratch"):
        _of_thread.scratch = Scratch()
    scratch: Scratch = _of_thread.scratch
    return scratch


_of_thread = threading.local()


def _titles(places: Mapping[RatingField, tuple[Places, Places]]) -> tuple[Places, Places] | None:
    if "title" not in places:
        return None
    starts, ends = places["title"]
    return starts - FRONT_BYTES, ends - FRONT_BYTES


def _load_ids(
    data: npt.NDArray[np.uint8], starts: Places, ends: Places
) -> tuple[Words, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Load ids, tell which rows have one, and which of those are usable: short and UTF-8."""
    lengths = ends - starts
    is_usable = lengths <= MAX_FIELD_BYTES
    if not is_usable.all():
        ends = np.where(is_usable, ends, starts)
    words = load_words(data, starts, ends)
    foreign = reduce(or_, words) & _NOT_ASCII
    for at in np.flatnonzero(foreign) if foreign.any() else ():
        try:
            data[starts[at] : ends[at]].tobytes().decode("utf-8")
        except UnicodeDecodeError:
            is_usable[at] = False
    return words, lengths > 0, is_usable
