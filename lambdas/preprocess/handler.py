"""Preprocess: raw ratings into cleansed, numbered and split ones."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from lambdas.preprocess.events import Accounting, PreprocessRequest, PreprocessResponse
from lambdas.preprocess.ratings_sources import ratings_sources
from lambdas.preprocess.workspace import function_workspace
from lambdas.runtime.logs import RunLogger, run_logger
from lambdas.runtime.metrics import Metric, RunMetrics
from lambdas.runtime.settings import Settings
from lambdas.runtime.store import ArtifactStore
from recommender import tables
from recommender.cleansing import CleansingRules
from recommender.preparation import PreparedRatings, prepare
from recommender.ratings import RatingsTable, Workspace, read_ratings
from recommender.run_layout import SPLITS, RunLayout
from recommender.source_record import SourceRecord
from recommender.splitting import SplitFractions

# About 40 MB as Parquet; the next step reads a part at a time.
MAX_ROWS_PER_PART = 4_000_000


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Write the splits and the index tables of a run; answer with their sizes."""
    request = PreprocessRequest.model_validate(event)
    settings = Settings.from_env()
    log = run_logger("preprocess", run_id=request.run_id, level=settings.log_level)
    metrics = RunMetrics("Preprocess", stack=settings.stack_name, run_id=request.run_id)
    with log.failures():
        response = _preprocess(request, ArtifactStore.from_settings(settings), log)
    log.info("ratings prepared", response.model_dump())
    _count(metrics, response.accounting)
    return response.model_dump(mode="json")


def _preprocess(
    request: PreprocessRequest, store: ArtifactStore, log: RunLogger
) -> PreprocessResponse:
    sources = SourceRecord()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with _read(request, function_workspace(folder), sources) as table:
            log.info("ratings read", {"rows_read": table.accounting.rows_read})
            with _prepare(request, table) as prepared:
                response = _response(prepared)
                _write(store, RunLayout(request.run_id), prepared, folder)
    examples = {str(reason): list(lines) for reason, lines in prepared.accounting.examples.items()}
    accounting = {
        **response.accounting.model_dump(mode="json"),
        "examples": examples,
        "sources": sources.document(),
        "before": prepared.before.document(),
    }
    store.put(
        RunLayout(request.run_id).accounting_key,
        json.dumps(accounting, indent=2).encode(),
        content_type="application/json",
    )
    return response


def _count(metrics: RunMetrics, accounting: Accounting) -> None:
    metrics.put(
        {
            "RowsRead": Metric(accounting.rows_read, "Count"),
            "RowsKept": Metric(accounting.kept, "Count"),
            "RowsRejected": Metric(sum(accounting.rejected.values()), "Count"),
        }
    )
    for reason, rows in accounting.rejected.items():
        metrics.put({"RowsRejected": Metric(rows, "Count")}, Reason=reason)
    metrics.put_duration()


def _read(request: PreprocessRequest, workspace: Workspace, sources: SourceRecord) -> RatingsTable:
    dataset = request.dataset
    limits = dataset.rating_range
    return read_ratings(
        ratings_sources(boto3.client("s3"), dataset.uri, sources),
        ratings_format=dataset.format,
        columns=dataset.columns,
        rating_range=None if limits is None else (limits[0], limits[1]),
        max_rejected_ratio=dataset.max_rejected_ratio,
        workspace=workspace,
    )


def _prepare(request: PreprocessRequest, table: RatingsTable) -> PreparedRatings:
    return prepare(
        table,
        CleansingRules(**request.filter.model_dump()),
        SplitFractions(request.split.train, request.split.validation, request.split.test),
        strategy=request.split.strategy,
        seed=request.split.seed,
    )


def _write(
    store: ArtifactStore, layout: RunLayout, prepared: PreparedRatings, folder: Path
) -> None:
    """Write the tables; done again, the same bytes under the same keys, and nothing beside them."""
    path = folder / "table.parquet"
    for split in SPLITS:
        keys = set()
        for part, rows in enumerate(prepared.parts(split, max_rows=MAX_ROWS_PER_PART)):
            tables.write_ratings(
                path,
                user_index=rows.customer,
                item_index=rows.video,
                rating=rows.rating,
                timestamp=rows.timestamp,
            )
            key = layout.ratings_key(split, part)
            store.upload(path, key, content_type=tables.CONTENT_TYPE)
            keys.add(key)
        store.keep_only(layout.ratings_prefix(split), keys)
    tables.write_customers(path, prepared.index.customer_ids())
    store.upload(path, layout.customers_key, content_type=tables.CONTENT_TYPE)
    tables.write_videos(path, prepared.index.video_ids())
    store.upload(path, layout.videos_key, content_type=tables.CONTENT_TYPE)


def _response(prepared: PreparedRatings) -> PreprocessResponse:
    rejected = prepared.accounting.rejected
    return PreprocessResponse(
        accounting=Accounting(
            rows_read=prepared.accounting.rows_read,
            kept=prepared.kept,
            rejected={str(reason): count for reason, count in rejected.items()},
        ),
        n_users=prepared.index.n_users,
        n_items=prepared.index.n_items,
        n_train=prepared.n_ratings("train"),
        n_validation=prepared.n_ratings("validation"),
        n_test=prepared.n_ratings("test"),
    )
