"""Evaluate: predictions against the truth, and whether the model may be used."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lambdas.evaluate.accepted import accepted_model
from lambdas.evaluate.events import EvaluateRequest, EvaluateResponse
from lambdas.evaluate.quality import quality_metrics
from lambdas.runtime.logs import run_logger
from lambdas.runtime.metrics import RunMetrics
from lambdas.runtime.ratings_parts import ratings_parts
from lambdas.runtime.settings import Settings
from lambdas.runtime.store import ArtifactStore
from recommender.comparison import compare
from recommender.errors import CorruptArtifactError
from recommender.evaluation import QualityGate, classifier_metrics, judge, regressor_metrics
from recommender.predictions import join_parts, parse_predictions
from recommender.run_layout import RunLayout
from recommender.tables import concatenate


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Write the run's evaluation; answer with the verdict and the metrics."""
    request = EvaluateRequest.model_validate(event)
    settings = Settings.from_env()
    log = run_logger("evaluate", run_id=request.run_id, level=settings.log_level)
    store = ArtifactStore.from_settings(settings)
    run_metrics = RunMetrics("Evaluate", stack=settings.stack_name, run_id=request.run_id)
    with log.failures():
        response = _evaluate(store, RunLayout(request.run_id), request)
    log.info("model evaluated", response.model_dump())
    run_metrics.put(quality_metrics(response))
    run_metrics.put_duration()
    return response.model_dump(mode="json")


def _evaluate(
    store: ArtifactStore, layout: RunLayout, request: EvaluateRequest
) -> EvaluateResponse:
    accepted = accepted_model(store)
    metrics = _metrics(store, layout, request)
    wanted = request.quality_gate
    comparison = compare(metrics, accepted, limit=wanted.max_loss_ratio_to_accepted)
    gate = QualityGate(must_beat_baselines=wanted.must_beat_baselines, max_rmse=wanted.max_rmse)
    outcome, reasons = judge(metrics, gate, comparison)
    response = EvaluateResponse(
        outcome=outcome,
        reasons=reasons,
        metrics=metrics,
        comparison=comparison,
        evaluation_uri=store.uri(layout.evaluation_key),
    )
    evaluation = {
        **request.model_dump(mode="json"),
        **response.model_dump(mode="json", exclude={"evaluation_uri"}),
    }
    content = json.dumps(evaluation, indent=2, allow_nan=False).encode()
    store.put(layout.evaluation_key, content, content_type="application/json")
    return response


def _metrics(
    store: ArtifactStore, layout: RunLayout, request: EvaluateRequest
) -> dict[str, float | int]:
    train = _ratings(store, layout.ratings_prefix("train"), request.ratings.n_train)
    test = _ratings(store, layout.ratings_prefix("test"), request.ratings.n_test)
    scores = _scores(store, layout, len(test))
    if request.positive_rating is not None:
        return classifier_metrics(train, test, scores, positive_rating=request.positive_rating)
    return regressor_metrics(
        train, test, scores, n_users=request.ratings.n_users, n_items=request.ratings.n_items
    )


def _ratings(store: ArtifactStore, prefix: str, n_ratings: int) -> pd.DataFrame:
    with TemporaryDirectory() as folder:
        ratings = concatenate(list(ratings_parts(store, prefix, Path(folder))))
    if len(ratings) != n_ratings:
        raise CorruptArtifactError(
            f"{store.uri(prefix)}: expected {n_ratings} ratings, as Preprocess counted, found "
            f"{len(ratings)}; run it again"
        )
    return pd.DataFrame(
        {
            "user_index": ratings.user_index,
            "item_index": ratings.item_index,
            "rating": ratings.rating,
        }
    )


def _scores(store: ArtifactStore, layout: RunLayout, n_truths: int) -> npt.NDArray[np.float64]:
    """Read the predictions for each part that was sent, in the order of the parts."""
    n_parts = len(store.keys(layout.recordio_prefix("test")))
    keys = [layout.prediction_key(part) for part in range(n_parts)]
    parts = [parse_predictions(store.get(key), where=store.uri(key)) for key in keys]
    return join_parts(parts, n_truths=n_truths)
