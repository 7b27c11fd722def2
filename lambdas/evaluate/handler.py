"""Evaluate: predictions against the truth, and whether the model may be used."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lambdas.evaluate.events import EvaluateRequest, EvaluateResponse
from lambdas.evaluate.quality import quality_metrics
from lambdas.runtime.logs import run_logger
from lambdas.runtime.metrics import RunMetrics
from lambdas.runtime.ratings_parts import ratings_parts
from lambdas.runtime.settings import Settings
from lambdas.runtime.store import ArtifactStore
from recommender.errors import ArtifactNotFoundError, CorruptArtifactError
from recommender.evaluation import QualityGate, classifier_metrics, judge, regressor_metrics
from recommender.predictions import join_parts, parse_predictions
from recommender.run_layout import ACCEPTED_MODEL_KEY, RunLayout
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
        compared = quality_metrics(response, accepted_rmse=_accepted_rmse(store))
    log.info("model evaluated", response.model_dump())
    run_metrics.put(compared)
    run_metrics.put_duration()
    return response.model_dump(mode="json")


def _evaluate(
    store: ArtifactStore, layout: RunLayout, request: EvaluateRequest
) -> EvaluateResponse:
    metrics = _metrics(store, layout, request)
    outcome, reasons = judge(metrics, QualityGate(**request.quality_gate.model_dump()))
    response = EvaluateResponse(
        outcome=outcome,
        reasons=reasons,
        metrics=metrics,
        evaluation_uri=store.uri(layout.evaluation_key),
    )
    evaluation = {
        **request.model_dump(mode="json"),
        **response.model_dump(mode="json", exclude={"evaluation_uri"}),
    }
    content = json.dumps(evaluation, indent=2, allow_nan=False).encode()
    store.put(layout.evaluation_key, content, content_type="application/json")
    return response


def _accepted_rmse(store: ArtifactStore) -> float | None:
    """Look up the RMSE of the model in use; None if there is none, or it is a classifier."""
    try:
        accepted = json.loads(store.get(ACCEPTED_MODEL_KEY))
    except ArtifactNotFoundError:
        return None
    rmse: float | None = accepted["metrics"].get("rmse")
    return rmse


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
