"""What the later steps read, written by the executors: each task some neighbouring files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame

from recommender import recordio, tables
from recommender.errors import CorruptArtifactError
from recommender.rating_records import RecordFiles
from recommender.run_layout import SPLITS, RunLayout, Split
from recommender.shards import PIECE_ROWS
from recommender.tables import RatingsColumns
from spark.objects import DataBucket
from spark.ranks import SlotPlan, Unit

_ROUTED = "user_index int, item_index int, rating float, timestamp long, key long, unit int"

_RATINGS = ("user_index", "item_index", "rating", "timestamp")
_Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Output:
    """Where and how files are written; sent to the executors.

    Attributes
    ----------
    bucket : DataBucket
    layout : RunLayout
    files : RecordFiles
    """

    bucket: DataBucket
    layout: RunLayout
    files: RecordFiles


def write_splits(
    keyed: DataFrame, plan: SlotPlan, units: Sequence[Unit], output: Output, *, n_tasks: int
) -> None:
    """Write the ratings of all splits, and their RecordIO files.

    Done again, it writes the same bytes under the same keys. What an earlier attempt left over is
    deleted at the end.

    Parameters
    ----------
    keyed : DataFrame
        What `spark.splitting.add_keys` gives.
    plan : SlotPlan
    units : sequence of Unit
    output : Output
    n_tasks : int
        Tasks that share the units.

    Raises
    ------
    CorruptArtifactError
        If fewer or more ratings were written than counted.
    """
    routed = keyed.mapInArrow(partial(_route, plan=plan), _ROUTED)
    # Of a unit's ratings, Python sorts the keys.
    together = routed.repartition(n_tasks, "unit").sortWithinPartitions("unit")
    write = partial(_write_units, plan=plan, units=units, output=output)
    written = together.mapInArrow(write, "unit int, n_rows long").collect()
    found = {row["unit"]: row["n_rows"] for row in written}
    expected = {number: unit.stop - unit.start for number, unit in enumerate(units)}
    if len(written) != len(units) or found != expected:
        raise CorruptArtifactError(
            f"{output.layout.prefix}: expected {sum(expected.values())} ratings in "
            f"{len(units)} units, wrote {sum(found.values())} in {len(written)}; start the run "
            "again"
        )
    for split in SPLITS:
        _keep_only(split, [unit for unit in units if unit.split == split], output)


def _keep_only(split: Split, units: Sequence[Unit], output: Output) -> None:
    layout = output.layout
    parts = {layout.ratings_key(split, unit.number) for unit in units}
    output.bucket.keep_only(layout.ratings_prefix(split), parts)
    n_files = sum(len(unit.sizes) for unit in units)
    files = {layout.recordio_key(split, number) for number in range(n_files)}
    output.bucket.keep_only(layout.recordio_prefix(split), files)


def _route(batches: Iterator[pa.RecordBatch], *, plan: SlotPlan) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows, unit = plan.copies(batch.column("slot").to_numpy())
        columns = batch.select([*_RATINGS, "key"])
        copies = columns.take(pa.array(rows))
        yield pa.RecordBatch.from_arrays(
            [*copies.columns, pa.array(unit.astype(np.int32))],
            names=[*copies.schema.names, "unit"],
        )


def _write_units(
    batches: Iterator[pa.RecordBatch], *, plan: SlotPlan, units: Sequence[Unit], output: Output
) -> Iterator[pa.RecordBatch]:
    for number, table in _by_unit(batches):
        columns = _in_order(table, units[number], number, plan)
        with TemporaryDirectory() as name:
            _write_unit(columns, units[number], output, Path(name))
        yield pa.RecordBatch.from_arrays(
            [pa.array([number], pa.int32()), pa.array([len(columns["rating"])], pa.int64())],
            names=["unit", "n_rows"],
        )


def _by_unit(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    """Join the rows of each unit, which follow each other."""
    pending: list[pa.RecordBatch] = []
    current = -1
    for batch in batches:
        unit = batch.column("unit").to_numpy()
        bounds = [0, *(np.flatnonzero(np.diff(unit)) + 1).tolist(), len(unit)]
        for start, stop in pairwise(bounds):
            if start == stop:
                continue
            if pending and unit[start] != current:
                yield current, pa.Table.from_batches(pending)
                pending = []
            current = int(unit[start])
            pending.append(batch.slice(start, stop - start))
    if pending:
        yield current, pa.Table.from_batches(pending)


def _in_order(table: pa.Table, unit: Unit, number: int, plan: SlotPlan) -> _Columns:
    """Sort the rows of the slots that a unit needs, and cut it out."""
    if table.num_rows != plan.n_rows[number]:
        raise CorruptArtifactError(
            f"{unit.split} part {unit.number}: expected {plan.n_rows[number]} ratings, found "
            f"{table.num_rows}; start the run again"
        )
    first = unit.start - int(plan.first_rank[number])
    rows = np.argsort(table["key"].to_numpy())[first : first + unit.stop - unit.start]
    return {name: table[name].to_numpy()[rows] for name in _RATINGS}


def _write_unit(columns: _Columns, unit: Unit, output: Output, folder: Path) -> None:
    ratings = RatingsColumns(**columns)
    bucket, layout = output.bucket, output.layout
    path = folder / "ratings.parquet"
    tables.write_ratings(
        path,
        user_index=columns["user_index"],
        item_index=columns["item_index"],
        rating=columns["rating"],
        timestamp=columns["timestamp"],
    )
    key = layout.ratings_key(unit.split, unit.number)
    bucket.upload(path, key, content_type=tables.CONTENT_TYPE)
    path = folder / "records.pbr"
    start = 0
    for number, n_rows in enumerate(unit.sizes, unit.first_file):
        output.files.write(path, _pieces(ratings[start : start + n_rows]))
        key = layout.recordio_key(unit.split, number)
        bucket.upload(path, key, content_type=recordio.CONTENT_TYPE)
        start += n_rows


def _pieces(ratings: RatingsColumns) -> Iterator[RatingsColumns]:
    for start in range(0, len(ratings), PIECE_ROWS):
        yield ratings[start : start + PIECE_ROWS]
