"""The tables that one step of a run leaves for the next, as gzipped CSV.

The same table gives the same bytes, whenever it is written.
"""

from __future__ import annotations

import csv
import io

import pandas as pd

_RATINGS = {
    "user_index": "int64",
    "item_index": "int64",
    "rating": "float32",
    "timestamp": "Int64",
}
_CUSTOMERS = {"user_index": "int64", "customer_id": "str"}
_VIDEOS = {"item_index": "int64", "video_id": "str", "title": "str"}


def format_ratings(frame: pd.DataFrame) -> bytes:
    """Write ``user_index``, ``item_index``, ``rating``, ``timestamp``."""
    return _format(frame, _RATINGS)


def parse_ratings(content: bytes) -> pd.DataFrame:
    """Read what `format_ratings` wrote."""
    return _parse(content, _RATINGS)


def format_customers(frame: pd.DataFrame) -> bytes:
    """Write ``user_index``, ``customer_id``."""
    return _format(frame, _CUSTOMERS)


def parse_customers(content: bytes) -> pd.DataFrame:
    """Read what `format_customers` wrote."""
    return _parse(content, _CUSTOMERS)


def format_videos(frame: pd.DataFrame) -> bytes:
    """Write ``item_index``, ``video_id``, ``title``."""
    return _format(frame, _VIDEOS)


def parse_videos(content: bytes) -> pd.DataFrame:
    """Read what `format_videos` wrote; a missing title stays missing."""
    frame = _parse(content, _VIDEOS)
    return frame.assign(title=frame["title"].where(frame["title"] != ""))


def _format(frame: pd.DataFrame, dtypes: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    frame[list(dtypes)].to_csv(
        buffer,
        index=False,
        # Every text in quotes: a title may hold a carriage return, which ends a line otherwise.
        quoting=csv.QUOTE_NONNUMERIC,
        lineterminator="\n",
        compression={"method": "gzip", "compresslevel": 6, "mtime": 0},
    )
    return buffer.getvalue()


def _parse(content: bytes, dtypes: dict[str, str]) -> pd.DataFrame:
    is_text = {name for name, dtype in dtypes.items() if dtype == "str"}
    frame: pd.DataFrame = pd.read_csv(
        io.BytesIO(content),
        compression="gzip",
        dtype=dtypes,
        # An id such as "NA" is an id; numbers may be missing.
        keep_default_na=False,
        na_values={name: [""] for name in dtypes if name not in is_text},
        lineterminator="\n",
    )
    return frame
