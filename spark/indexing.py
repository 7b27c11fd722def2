"""Customers and videos as contiguous numbers, in the order of their ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from recommender.errors import RatingsTooLargeError
from spark.keeping import Kept

# monotonically_increasing_id puts the partition before so many bits of the row's number in it.
_ROW_BITS = 33
_MAX_INDEX = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class Numbered:
    """Ids and their numbers.

    Attributes
    ----------
    kept : Kept
        To be forgotten.
    ids : DataFrame
        The id, under its name, and ``index``: 0, 1, 2, … in the order of the ids' code points,
        which is that of their bytes.
    n_ids : int
    """

    kept: Kept
    ids: DataFrame
    n_ids: int


def number_ids(ratings: DataFrame, name: str) -> Numbered:
    """Number the distinct ids of a column.

    Spark sorts them over all executors, by ranges that it samples; how many each range has is all
    that the driver needs.

    Raises
    ------
    RatingsTooLargeError
        If there are more than 32 bits can number.
    """
    in_order = ratings.select(name).distinct().orderBy(name)
    kept = Kept.of(in_order.withColumn("position", F.monotonically_increasing_id()))
    range_number = F.shiftright("position", _ROW_BITS)
    counts = kept.rows.groupBy(range_number.alias("range")).count().collect()
    sizes = np.zeros(1 + max((row["range"] for row in counts), default=0), dtype=np.int64)
    for row in counts:
        sizes[row["range"]] = row["count"]
    n_ids = int(sizes.sum())
    if n_ids > _MAX_INDEX:
        raise RatingsTooLargeError(
            f"expected at most {_MAX_INDEX:,} different ids in {name}, found {n_ids:,}"
        )
    before = F.array(*map(F.lit, (np.cumsum(sizes) - sizes).tolist()))
    index = before[range_number] + F.col("position").bitwiseAND((1 << _ROW_BITS) - 1)
    return Numbered(kept, kept.rows.select(name, index.cast("int").alias("index")), n_ids)


def apply_index(ratings: DataFrame, customers: Numbered, videos: Numbered) -> DataFrame:
    """Put indices in the place of ids.

    Returns
    -------
    DataFrame
        ``user_index``, ``item_index``, ``rating``, ``timestamp``.
    """
    users = customers.ids.withColumnRenamed("index", "user_index")
    items = videos.ids.withColumnRenamed("index", "item_index")
    return (
        ratings.join(items, "video")
        .join(users, "customer")
        .select("user_index", "item_index", "rating", "timestamp")
    )


def with_titles(videos: DataFrame, read: DataFrame) -> DataFrame:
    """Add to the videos' ids and indices the title that was read first, as bytes or NULL.

    Parameters
    ----------
    videos : DataFrame
    read : DataFrame
        What `spark.reading.read_pieces` gave.
    """
    titles = read.where("title is not null").groupBy("video").agg(F.min_by("title", "place"))
    return videos.join(titles.toDF("video", "title"), "video", "left")
