"""Ratings of a split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.duckdb_connection import Limits, open_duckdb
from recommender.tables.parquet_file import read_columns, refuse_nulls, write_table
from recommender.timestamps import NO_TIMESTAMP

_UNKNOWN_TIME = f"CAST({NO_TIMESTAMP} AS BIGINT)"


@dataclass(frozen=True, slots=True, eq=False)
class RatingsColumns:
    """Ratings, column by column.

    Attributes
    ----------
    user_index, item_index : int32 array, shape (n_ratings,)
    rating : float32 array, shape (n_ratings,)
    timestamp : int64 array, shape (n_ratings,), or None
        Seconds since 1970, `NO_TIMESTAMP` where unknown; None if it was not read.
    """

    user_index: npt.NDArray[np.int32]
    item_index: npt.NDArray[np.int32]
    rating: npt.NDArray[np.float32]
    timestamp: npt.NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.rating)

    def __getitem__(self, rows: slice) -> RatingsColumns:
        """Give some rows; their arrays are views."""
        return RatingsColumns(
            self.user_index[rows],
            self.item_index[rows],
            self.rating[rows],
            None if self.timestamp is None else self.timestamp[rows],
        )


def write_ratings(
    path: Path,
    *,
    user_index: npt.NDArray[np.int32],
    item_index: npt.NDArray[np.int32],
    rating: npt.NDArray[np.float32],
    timestamp: npt.NDArray[np.int64],
    limits: Limits | None = None,
) -> None:
    """Write ratings as ``user_index``, ``item_index``, ``rating``, ``timestamp``.

    Parameters
    ----------
    path : Path
        Replaced if it is there.
    user_index, item_index : int32 array, shape (n_ratings,)
    rating : float32 array, shape (n_ratings,)
    timestamp : int64 array, shape (n_ratings,)
        `NO_TIMESTAMP` is written as NULL.
    limits : Limits, optional

    Raises
    ------
    ValueError
        If an array has another dtype, or the lengths differ.
    """
    columns = {
        "user_index": _checked(user_index, np.int32, len(rating), "user_index"),
        "item_index": _checked(item_index, np.int32, len(rating), "item_index"),
        "rating": _checked(rating, np.float32, len(rating), "rating"),
        "timestamp": _checked(timestamp, np.int64, len(rating), "timestamp"),
    }
    with open_duckdb(path, limits=limits) as connection:
        connection.register("ratings", columns)
        write_table(
            connection.table("ratings").project(
                f"user_index, item_index, rating, nullif(timestamp, {_UNKNOWN_TIME}) AS timestamp"
            ),
            path,
        )


def read_ratings(
    path: Path,
    *,
    with_timestamp: bool = True,
    where: str | None = None,
    limits: Limits | None = None,
) -> RatingsColumns:
    """Read what `write_ratings` wrote, in its order.

    Parameters
    ----------
    path : Path
    with_timestamp : bool
        Whether to read the times: two fifths of the memory.
    where : str, optional
        Name of the file in messages; the default is its path.
    limits : Limits, optional

    Raises
    ------
    ArtifactNotFoundError
        If there is no such file.
    CorruptArtifactError
        If it is no Parquet file, is damaged, lacks a column, or has a value that is missing or
        does not fit its type.
    """
    wanted = {
        "user_index": "CAST(user_index AS INTEGER)",
        "item_index": "CAST(item_index AS INTEGER)",
        "rating": "CAST(rating AS FLOAT)",
    }
    if with_timestamp:
        wanted["timestamp"] = f"coalesce(CAST(timestamp AS BIGINT), {_UNKNOWN_TIME})"
    columns = read_columns(path, wanted, where or str(path), limits)
    for name, values in columns.items():
        refuse_nulls(name, values, where or str(path))
    return RatingsColumns(
        columns["user_index"], columns["item_index"], columns["rating"], columns.get("timestamp")
    )


def _checked(
    values: npt.NDArray[Any], dtype: type[np.generic], length: int, name: str
) -> npt.NDArray[Any]:
    if values.dtype != dtype or values.shape != (length,):
        raise ValueError(
            f"{name}: expected {np.dtype(dtype)} of shape {(length,)}, found {values.dtype} of "
            f"shape {values.shape}"
        )
    # DuckDB wants plain arrays: not views with gaps, nor memory maps.
    return np.ascontiguousarray(values).view(np.ndarray)
