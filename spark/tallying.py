"""Rows that are dropped, counted in the executors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from recommender.ratings.accounting import MAX_EXAMPLES
from spark.reports import Tally


def tally(dropped: DataFrame) -> Tally:
    """Count rows and find the first of them.

    Parameters
    ----------
    dropped : DataFrame
        With the column ``place``.
    """
    found = dropped.select("place").mapInArrow(_tally_partition, "n long, places array<long>")
    parts = [Tally(row["n"], row["places"]) for row in found.collect()]
    return sum(parts, Tally())


def _tally_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    n_rows, first = 0, np.zeros(0, dtype=np.int64)
    for batch in batches:
        n_rows += batch.num_rows
        places = batch.column(0).to_numpy(zero_copy_only=False)
        first = np.sort(np.concatenate((first, places)))[:MAX_EXAMPLES]
    if n_rows:
        places = pa.array([first.tolist()], pa.list_(pa.int64()))
        yield pa.RecordBatch.from_arrays([pa.array([n_rows]), places], names=["n", "places"])
