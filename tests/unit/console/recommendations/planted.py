"""A run of three customers and nine videos whose every score is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from console.recommendations import RatedRun
from console.recommendations.rating_table import RatingTable
from recommender import tables
from recommender.model_artifact import FactorizationMachinesModel, format_model
from recommender.run_layout import SPLITS, RunLayout
from recommender.tables import RatingsColumns
from recommender.timestamps import NO_TIMESTAMP

BUCKET = "data-bucket"
RUN_ID = "run-1"
LAYOUT = RunLayout(RUN_ID)
MODEL_KEY = f"{LAYOUT.model_prefix}job/output/model.tar.gz"
CUSTOMERS = ["Ann", "Bob", "Cy"]
VIDEOS = [f"V{n}" for n in range(9)]
TITLES = [*(f"Title {n}" for n in range(8)), None]
DAY = 86_400
# Customer, video, rating, time.
Rows = list[tuple[int, int, float, int]]
RATED: dict[Any, list[Rows]] = {
    "train": [[(1, 0, 3.0, 3 * DAY), (1, 1, 5.0, 1 * DAY)], [(1, 2, 4.0, NO_TIMESTAMP)]],
    "validation": [[(1, 3, 1.0, 2 * DAY), (0, 0, 2.0, 5 * DAY)]],
    "test": [[(0, 1, 2.5, 4 * DAY), (2, 0, 4.0, 4 * DAY)]],
}


def planted_model() -> FactorizationMachinesModel:
    """Video n scores n / 10 for everybody; video 2 has the direction of 0, video 1 the opposite."""
    linear = np.concatenate([np.zeros(3), np.arange(9) / 10]).astype(np.float32)
    factors = np.zeros((12, 2), np.float32)
    factors[3:6] = [[1.0, 2.0], [-3.0, -6.0], [0.5, 1.0]]
    return FactorizationMachinesModel(0.0, linear, factors)


def columns(rows: Rows) -> dict[str, Any]:
    user_index, item_index, rating, timestamp = zip(*rows, strict=True)
    return {
        "user_index": np.array(user_index, np.int32),
        "item_index": np.array(item_index, np.int32),
        "rating": np.array(rating, np.float32),
        "timestamp": np.array(timestamp, np.int64),
    }


def planted_run(**more: Any) -> RatedRun:
    parts = {split: [RatingsColumns(**columns(rows)) for rows in RATED[split]] for split in SPLITS}
    values: dict[str, Any] = {
        "run_id": RUN_ID,
        "outcome": "accepted",
        "positive_rating": None,
        "customer_ids": CUSTOMERS,
        "video_ids": VIDEOS,
        "titles": TITLES,
        "ratings": RatingTable.of(parts, n_users=3, n_items=9),
        "model": planted_model(),
    }
    return RatedRun(**{**values, **more})


def store_run(s3: Any, folder: Path) -> None:
    """Write the same run as its steps do."""
    path = folder / "table"
    for split in SPLITS:
        for part, rows in enumerate(RATED[split]):
            tables.write_ratings(path, **columns(rows))
            s3.upload_file(str(path), BUCKET, LAYOUT.ratings_key(split, part))
    tables.write_customers(path, [CUSTOMERS])
    s3.upload_file(str(path), BUCKET, LAYOUT.customers_key)
    tables.write_videos(path, [(VIDEOS, TITLES)])
    s3.upload_file(str(path), BUCKET, LAYOUT.videos_key)
    s3.put_object(Bucket=BUCKET, Key=MODEL_KEY, Body=format_model(planted_model()))
    store_evaluation(s3)


def store_evaluation(s3: Any, **more: Any) -> None:
    evaluation = {
        "run_id": RUN_ID,
        "model_data_uri": f"s3://{BUCKET}/{MODEL_KEY}",
        "positive_rating": None,
        "outcome": "accepted",
        **more,
    }
    s3.put_object(Bucket=BUCKET, Key=LAYOUT.evaluation_key, Body=json.dumps(evaluation).encode())
