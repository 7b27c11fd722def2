"""Which ratings train, which tune, which test, and in which order: as `recommender.splitting`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame

from recommender.ratings import Rows
from recommender.run_layout import SPLITS, Split
from recommender.splitting import (
    Keys,
    RandomCut,
    check_not_empty,
    newest_last,
    shuffling_keys,
)
from spark.keeping import Kept
from spark.ranks import Ranks
from spark.request import Splitting

_COLUMNS = "user_index int, item_index int, rating float, timestamp long, key long, slot int"
_NAMES = ("user_index", "item_index", "rating", "timestamp", "key", "slot")
# Keys are unsigned, and Spark knows no such numbers; this keeps their order.
_SIGN = np.uint64(1 << 63)


def add_keys(ratings: DataFrame, splitting: Splitting, *, slot_bits: int) -> DataFrame:
    """Give each rating its shuffling key, and its slot in the order of all splits.

    Parameters
    ----------
    ratings : DataFrame
        ``user_index``, ``item_index``, ``rating``, ``timestamp``.
    splitting : Splitting
    slot_bits : int
        See `spark.ranks`.

    Returns
    -------
    DataFrame
        Also ``key``: the key, less 2^63; and ``slot``: its first bits. With the strategy
        ``"latest"``, where the split of a rating is known, the slots of validation come behind
        those of train, and those of test behind both.
    """
    if splitting.strategy == "random":
        add = partial(_add_to_any, seed=splitting.seed, slot_bits=slot_bits)
        return ratings.mapInArrow(add, _COLUMNS)
    by_customer = ratings.repartition("user_index").sortWithinPartitions("user_index")
    add = partial(_add_to_customers, splitting=splitting, slot_bits=slot_bits)
    return by_customer.mapInArrow(add, _COLUMNS)


def slot_counts(keyed: Kept, *, slot_bits: int) -> Ranks:
    """Count the ratings of each slot.

    Returns
    -------
    int64 array, shape (3 * 2**slot_bits,)
    """
    counts = np.zeros(len(SPLITS) << slot_bits, dtype=np.int64)
    for row in keyed.rows.groupBy("slot").count().collect():
        counts[row["slot"]] = row["count"]
    return counts


def split_sizes(counts: Ranks, splitting: Splitting) -> dict[Split, int]:
    """Say how many ratings each split has.

    Raises
    ------
    EmptyRatingsError
        If one has none.
    """
    if splitting.strategy == "random":
        sizes = list(RandomCut(splitting.fractions, int(counts.sum())).sizes)
    else:
        sizes = counts.reshape(len(SPLITS), -1).sum(axis=1).tolist()
    by_split = dict(zip(SPLITS, sizes, strict=True))
    check_not_empty(by_split, splitting.fractions, n_ratings=int(counts.sum()))
    return by_split


def _add_to_any(
    batches: Iterator[pa.RecordBatch], *, seed: int, slot_bits: int
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = _rows(batch)
        keys = shuffling_keys(rows, seed)
        yield _keyed(rows, keys, np.zeros(len(rows), dtype=np.int64), slot_bits)


def _add_to_customers(
    batches: Iterator[pa.RecordBatch], *, splitting: Splitting, slot_bits: int
) -> Iterator[pa.RecordBatch]:
    """Do it for rows sorted by customer, some whole customers at a time."""
    for batch in _whole_customers(batches):
        rows = _rows(batch)
        keys = shuffling_keys(rows, splitting.seed)
        position = newest_last(rows, keys)
        split = np.searchsorted(splitting.fractions.bounds, position, side="right")
        yield _keyed(rows, keys, split, slot_bits)


def _whole_customers(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Move the cuts between batches to where another customer begins."""
    pending: list[pa.RecordBatch] = []
    for batch in batches:
        customers = batch.column(0).to_numpy()
        last = int(np.searchsorted(customers, customers[-1])) if len(customers) else 0
        is_new = pending and len(customers) and pending[-1].column(0)[-1].as_py() != customers[0]
        if last or is_new:
            yield _joined([*pending, batch.slice(0, last)])
            pending = []
        pending.append(batch.slice(last))
    if pending:
        yield _joined(pending)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def _rows(batch: pa.RecordBatch) -> Rows:
    user, item, rating, timestamp = (column.to_numpy() for column in batch.columns)
    return Rows(user, item, rating, timestamp, np.zeros(len(user), dtype=np.uint32))


def _keyed(
    rows: Rows, keys: Keys, split: npt.NDArray[np.integer], slot_bits: int
) -> pa.RecordBatch:
    slot = (split << slot_bits) + (keys >> np.uint64(64 - slot_bits)).astype(np.int64)
    columns = (
        rows.customer,
        rows.video,
        rows.rating,
        rows.timestamp,
        (keys ^ _SIGN).view(np.int64),
        slot.astype(np.int32),
    )
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], names=list(_NAMES))
