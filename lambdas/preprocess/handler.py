"""Preprocess: raw ratings into cleansed, numbered and split ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from lambdas.preprocess.events import Accounting, PreprocessRequest, PreprocessResponse
from lambdas.runtime.logs import run_logger
from lambdas.runtime.settings import Settings
from lambdas.runtime.store import ArtifactStore
from recommender import tables
from recommender.cleansing import CleansingRules
from recommender.preparation import PreparedRatings, prepare
from recommender.ratings import RatingsTable, read_ratings
from recommender.run_layout import RunLayout
from recommender.splitting import SplitFractions

_GZIP = "application/gzip"


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Write the splits and the index tables of a run; answer with their sizes."""
    request = PreprocessRequest.model_validate(event)
    settings = Settings.from_env()
    log = run_logger("preprocess", run_id=request.run_id, level=settings.log_level)
    store = ArtifactStore.from_settings(settings)
    table = _read(store, request)
    log.info("ratings read", {"rows_read": table.rows_read, "examples": dict(table.examples)})
    prepared = prepare(
        table,
        CleansingRules(**request.filter.model_dump()),
        SplitFractions(request.split.train, request.split.validation, request.split.test),
        strategy=request.split.strategy,
        rng=np.random.default_rng(request.split.seed),
    )
    response = _response(prepared)
    _write(store, RunLayout(request.run_id), prepared, response.accounting)
    log.info("ratings prepared", response.model_dump())
    return response.model_dump(mode="json")


def _read(store: ArtifactStore, request: PreprocessRequest) -> RatingsTable:
    dataset = request.dataset
    limits = dataset.rating_range
    return read_ratings(
        store.ratings_sources(dataset.uri),
        ratings_format=dataset.format,
        columns=dataset.columns,
        rating_range=None if limits is None else (limits[0], limits[1]),
    )


def _write(
    store: ArtifactStore, layout: RunLayout, prepared: PreparedRatings, accounting: Accounting
) -> None:
    for split, ratings in prepared.splits.items():
        content = tables.format_ratings(ratings)
        store.put(layout.ratings_key(split), content, content_type=_GZIP)
    customers = tables.format_customers(prepared.index.customers)
    store.put(layout.customers_key, customers, content_type=_GZIP)
    videos = tables.format_videos(prepared.index.videos)
    store.put(layout.videos_key, videos, content_type=_GZIP)
    store.put(
        layout.accounting_key,
        accounting.model_dump_json(indent=2).encode(),
        content_type="application/json",
    )


def _response(prepared: PreparedRatings) -> PreprocessResponse:
    return PreprocessResponse(
        accounting=Accounting(
            rows_read=prepared.rows_read,
            kept=prepared.kept,
            rejected={str(reason): count for reason, count in prepared.rejected.items()},
        ),
        n_users=len(prepared.index.customers),
        n_items=len(prepared.index.videos),
        n_train=len(prepared.splits["train"]),
        n_validation=len(prepared.splits["validation"]),
        n_test=len(prepared.splits["test"]),
    )
