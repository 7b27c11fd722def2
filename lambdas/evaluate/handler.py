"""Evaluate: predictions against the truth, and whether the model may be used."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lambdas.evaluate.accepted import accepted_model
from lambdas.evaluate.events import EvaluateRequest, EvaluateResponse
from lambdas.evaluate.quality import quality_metrics
from lambdas.runtime.logs import run_logger
from lambdas.runtime.metrics import RunMetrics
from lambdas.runtime.predicted_ratings import predicted_ratings
from lambdas.runtime.ratings_parts import ratings_parts
from lambdas.runtime.settings import Settings
from lambdas.runtime.store import ArtifactStore
from recommender.comparison import compare
from recommender.evaluation import QualityGate, classifier_metrics, judge, regressor_metrics
from recommender.kept_ratings import KeptRatings
from recommender.run_layout import RunLayout

# A quarter of the function's memory keeps training ratings; more of them go to its disk. The rest
# is for Python, DuckDB, a part of the ratings, and the arrays of customers and videos.
MEMORY_SHARE_OF_RATINGS = 4


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
    """Go through the training and the test split; neither need fit in memory."""
    counts = request.ratings
    indices = {"n_users": counts.n_users, "n_items": counts.n_items}
    with TemporaryDirectory() as name:
        folder = Path(name)
        test = predicted_ratings(store, layout, folder, n_ratings=counts.n_test)
        train = ratings_parts(
            store, layout.ratings_prefix("train"), folder, n_ratings=counts.n_train
        )
        if request.positive_rating is not None:
            return classifier_metrics(
                train, test, **indices, positive_rating=request.positive_rating
            )
        memory_bytes = _memory_bytes() // MEMORY_SHARE_OF_RATINGS
        with KeptRatings(folder, n_ratings=counts.n_train, memory_bytes=memory_bytes) as kept:
            kept.fill(train)
            return regressor_metrics(kept, test, **indices)


def _memory_bytes() -> int:
    """Give the memory of the function, which Lambda's runtime tells; outside of it a default."""
    return int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "3072")) << 20
