"""The index tables, each one object written by one task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from pyspark.sql import DataFrame

from recommender import tables
from recommender.errors import CorruptArtifactError
from spark.objects import DataBucket

_Batches = Iterator[pa.RecordBatch]


def write_customers(customers: DataFrame, bucket: DataBucket, key: str, *, n_rows: int) -> None:
    """Write ``index`` and ``customer`` as `recommender.tables.write_customers` does."""
    _write(customers.select("index", "customer"), _write_customers, bucket, key, n_rows)


def write_videos(videos: DataFrame, bucket: DataBucket, key: str, *, n_rows: int) -> None:
    """Write ``index``, ``video`` and ``title`` as `recommender.tables.write_videos` does."""
    _write(videos.select("index", "video", "title"), _write_videos, bucket, key, n_rows)


def _write(
    rows: DataFrame,
    write: Callable[[Path, _Batches], int],
    bucket: DataBucket,
    key: str,
    n_rows: int,
) -> None:
    """Write in one task: who reads an index wants one object, in order."""
    task = partial(_write_partition, write=write, bucket=bucket, key=key)
    in_order = rows.repartition(1).sortWithinPartitions("index")
    written = sum(row["n_rows"] for row in in_order.mapInArrow(task, "n_rows long").collect())
    if written != n_rows:
        raise CorruptArtifactError(f"{key}: expected {n_rows} ids, wrote {written}")


def _write_partition(
    batches: _Batches, *, write: Callable[[Path, _Batches], int], bucket: DataBucket, key: str
) -> _Batches:
    with TemporaryDirectory() as name:
        path = Path(name) / "index.parquet"
        n_rows = write(path, batches)
        if n_rows:
            bucket.upload(path, key, content_type=tables.CONTENT_TYPE)
    yield pa.RecordBatch.from_arrays([pa.array([n_rows])], names=["n_rows"])


def _write_customers(path: Path, batches: _Batches) -> int:
    return tables.write_customers(path, (batch.column(1).to_pylist() for batch in batches))


def _write_videos(path: Path, batches: _Batches) -> int:
    return tables.write_videos(
        path, ((batch.column(1).to_pylist(), _titles(batch.column(2))) for batch in batches)
    )


def _titles(column: pa.BinaryArray) -> list[str | None]:
    return [
        None if title is None else title.decode(errors="replace") for title in column.to_pylist()
    ]
