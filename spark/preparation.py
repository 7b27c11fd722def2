"""From raw ratings to everything that the later steps read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import SparkSession

from recommender.errors import CorruptArtifactError
from recommender.rating_records import RecordFiles
from recommender.ratings.accounting import check_read
from recommender.ratings.reading import shown_names
from recommender.run_layout import RunLayout
from spark import index_tables
from spark.cleansing import cleanse
from spark.indexing import Numbered, apply_index, number_ids, with_titles
from spark.keeping import Kept
from spark.objects import DataBucket, RatingsObject, list_ratings, record_of
from spark.pieces import PIECE_BYTES, cut_into_pieces
from spark.profiling import distribution
from spark.ranks import UNIT_ROWS, Ranks, SlotPlan, make_units, slot_bits
from spark.reading import read_pieces
from spark.reports import JobAccounting
from spark.request import PreparationRequest, Reading
from spark.session import partitions_for
from spark.splitting import add_keys, slot_counts, split_sizes
from spark.writing import Output, write_splits

_JSON = "application/json"


def prepare(
    spark: SparkSession,
    request: PreparationRequest,
    bucket: DataBucket,
    *,
    piece_bytes: int = PIECE_BYTES,
    unit_rows: int = UNIT_ROWS,
) -> dict[str, Any]:
    """Write the ratings, index tables, accounting and RecordIO files of a run.

    Parameters
    ----------
    spark : SparkSession
    request : PreparationRequest
    bucket : DataBucket
    piece_bytes, unit_rows : int
        Bytes that a task reads, rows that one writes. RecordIO files, index tables and accounting
        do not depend on them; they are cut as ConvertRecordIO cuts them.

    Returns
    -------
    dict
        ``ratings``: what Preprocess answers; ``features``: what ConvertRecordIO answers. It is
        also written to `RunLayout.prepared_key`, last of all.

    Raises
    ------
    RatingsError
        As Preprocess does; see `recommender.errors`. Where a task finds out, PySpark's exception
        holds it as text, see `spark.failures`.
    CorruptArtifactError
        If ratings got lost on the way.
    """
    layout = RunLayout(request.run_id)
    try:
        sources = list_ratings(request.reading.uri)
        record = record_of(sources)
        read, accounting = _read(spark, sources, request.reading, piece_bytes)
        spark.conf.set("spark.sql.shuffle.partitions", partitions_for(accounting.n_kept))
        ratings = read.rows.where("customer is not null").drop("title", "report")
        before = distribution(ratings)
        survivors = cleanse(ratings, request.rules, accounting)
        index = _write_index(survivors, read, bucket, layout)
        read.forget()
        keyed, counts = _add_keys(survivors, index, request, accounting)
        sizes = split_sizes(counts, request.splitting)
        files = RecordFiles(index.customers.n_ids, index.videos.n_ids, **asdict(request.records))
        file_sizes = {split: files.sizes(split, n_rows) for split, n_rows in sizes.items()}
        units = make_units(file_sizes, unit_rows=unit_rows)
        n_tasks = max(partitions_for(accounting.n_kept), len(units))
        output = Output(bucket, layout, files)
        write_splits(keyed.rows, SlotPlan(counts, units), units, output, n_tasks=n_tasks)
    finally:
        spark.catalog.clearCache()
    answer = {
        "ratings": {
            "accounting": _counts(accounting),
            "n_users": files.n_users,
            "n_items": files.n_items,
            **{f"n_{split}": n_rows for split, n_rows in sizes.items()},
        },
        "features": {
            "feature_dim": files.feature_dim,
            "hyperparameters": {"feature_dim": str(files.feature_dim)},
            **{f"{split}_parts": len(of_split) for split, of_split in file_sizes.items()},
        },
    }
    examples = {reason: list(places) for reason, places in accounting.examples.items()}
    told = {"examples": examples, "sources": record.document(), "before": before.document()}
    _put_json(bucket, layout.accounting_key, {**_counts(accounting), **told})
    _put_json(bucket, layout.prepared_key, answer)
    return answer


@dataclass(frozen=True, slots=True)
class _Index:
    customers: Numbered
    videos: Numbered


def _read(
    spark: SparkSession, sources: Sequence[RatingsObject], reading: Reading, piece_bytes: int
) -> tuple[Kept, JobAccounting]:
    """Read all objects, and see whether they can be used."""
    pieces = cut_into_pieces(sources, piece_bytes=piece_bytes)
    read = Kept.of(read_pieces(spark, pieces, reading))
    reports = read.rows.where("report is not null").select("report").collect()
    accounting = JobAccounting.from_json(pieces, (row["report"] for row in reports))
    check_read(
        accounting,
        reading.max_rejected_ratio,
        where=shown_names([source.uri for source in sources]),
        read_as=accounting.read_as,
        has_titles=accounting.has_titles,
    )
    return read, accounting


def _write_index(survivors: Kept, read: Kept, bucket: DataBucket, layout: RunLayout) -> _Index:
    index = _Index(number_ids(survivors.rows, "customer"), number_ids(survivors.rows, "video"))
    index_tables.write_customers(
        index.customers.ids, bucket, layout.customers_key, n_rows=index.customers.n_ids
    )
    titled = with_titles(index.videos.ids, read.rows)
    index_tables.write_videos(titled, bucket, layout.videos_key, n_rows=index.videos.n_ids)
    return index


def _add_keys(
    survivors: Kept, index: _Index, request: PreparationRequest, accounting: JobAccounting
) -> tuple[Kept, Ranks]:
    """Put numbers and keys in the place of ids, and count the slots; the ids are forgotten."""
    bits = slot_bits(accounting.n_kept)
    indexed = apply_index(survivors.rows, index.customers, index.videos)
    keyed = Kept.of(add_keys(indexed, request.splitting, slot_bits=bits))
    counts = slot_counts(keyed, slot_bits=bits)
    if counts.sum() != accounting.n_kept:
        raise CorruptArtifactError(
            f"{request.reading.uri}: {accounting.n_kept} of {accounting.rows_read} ratings should "
            f"be left, found {counts.sum()}; start the run again"
        )
    for done in (survivors, index.customers.kept, index.videos.kept):
        done.forget()
    return keyed, counts


def _counts(accounting: JobAccounting) -> dict[str, Any]:
    return {
        "rows_read": accounting.rows_read,
        "kept": accounting.n_kept,
        "rejected": accounting.rejected,
    }


def _put_json(bucket: DataBucket, key: str, content: dict[str, Any]) -> None:
    bucket.put(key, json.dumps(content, indent=2).encode(), content_type=_JSON)
