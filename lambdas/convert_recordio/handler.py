"""ConvertRecordIO: split ratings into what SageMaker's Factorization Machines read."""

from __future__ import annotations

from typing import Any

import numpy as np

from lambdas.convert_recordio.events import ConvertRecordIORequest, ConvertRecordIOResponse
from lambdas.runtime.logs import run_logger
from lambdas.runtime.settings import Settings
from lambdas.runtime.store import ArtifactStore
from recommender import recordio, tables
from recommender.evaluation import label
from recommender.features import one_hot
from recommender.run_layout import RunLayout, Split


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Write the splits as RecordIO-protobuf; answer with the number of features.

    Only the test split is cut into files: each is a request, or several, of the batch transform.
    Its records carry labels too, which the transform ignores.
    """
    request = ConvertRecordIORequest.model_validate(event)
    settings = Settings.from_env()
    log = run_logger("convert_recordio", run_id=request.run_id, level=settings.log_level)
    store = ArtifactStore.from_settings(settings)
    feature_dim = request.n_users + request.n_items
    response = ConvertRecordIOResponse(
        feature_dim=feature_dim,
        hyperparameters={"feature_dim": str(feature_dim)},
        train_parts=_convert(store, request, "train", None),
        validation_parts=_convert(store, request, "validation", None),
        test_parts=_convert(store, request, "test", request.max_rows_per_file),
    )
    log.info("splits converted", response.model_dump())
    return response.model_dump(mode="json")


def _convert(
    store: ArtifactStore, request: ConvertRecordIORequest, split: Split, max_rows: int | None
) -> int:
    layout = RunLayout(request.run_id)
    ratings = tables.parse_ratings(store.get(layout.ratings_key(split)))
    features = one_hot(
        ratings["user_index"].to_numpy(np.int64),
        ratings["item_index"].to_numpy(np.int64),
        n_users=request.n_users,
        n_items=request.n_items,
    )
    labels = label(ratings["rating"].to_numpy(np.float32), request.positive_rating)
    starts = range(0, len(ratings), max_rows or len(ratings))
    for part, start in enumerate(starts):
        rows = slice(start, start + starts.step)
        store.put(
            layout.recordio_key(split, part),
            recordio.encode(features[rows], labels[rows]),
            content_type=recordio.CONTENT_TYPE,
        )
    return len(starts)
