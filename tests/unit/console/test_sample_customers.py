"""Two customers, always the same ones, and what the model recommends to them."""

from collections.abc import Iterator
from typing import Any

import boto3
import numpy as np
import pytest
from moto import mock_aws

from console.sample_customers import sample_customers
from recommender import tables
from recommender.errors import RecommenderError
from recommender.model_artifact import FactorizationMachinesModel, format_model
from recommender.run_layout import RunLayout
from recommender.timestamps import NO_TIMESTAMP

LAYOUT = RunLayout("run-1")
MODEL_KEY = "runs/run-1/model/job/output/model.tar.gz"
N_USERS, N_ITEMS = 3, 9
BUCKET = "data-bucket"


@pytest.fixture
def bucket(monkeypatch, tmp_path) -> Iterator[Any]:
    """Customer 1 rated videos 0 to 3, customer 0 rated 0 and 1, customer 2 rated 0."""
    rated = [
        (1, 0, 3.0),
        (1, 1, 5.0),
        (1, 2, 4.0),
        (1, 3, 1.0),
        (0, 0, 2.0),
        (0, 1, 2.5),
        (2, 0, 4),
    ]
    titles = [f"Title {n}" for n in range(N_ITEMS - 1)]
    # Video n scores n / 10 for everybody.
    linear = np.concatenate([np.zeros(N_USERS), np.arange(N_ITEMS) / 10]).astype(np.float32)
    model = FactorizationMachinesModel(0.0, linear, np.zeros((N_USERS + N_ITEMS, 2), np.float32))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        path = tmp_path / "table"
        for key, rows in {
            LAYOUT.ratings_key("train", 0): rated[:2],
            LAYOUT.ratings_key("train", 1): rated[2:3],
            LAYOUT.ratings_key("validation", 0): rated[3:5],
            LAYOUT.ratings_key("test", 0): rated[5:],
        }.items():
            tables.write_ratings(path, **columns(rows))
            client.upload_file(str(path), BUCKET, key)
        tables.write_customers(path, [["Ann", "Bob", "Cy"]])
        client.upload_file(str(path), BUCKET, LAYOUT.customers_key)
        tables.write_videos(path, [([f"V{n}" for n in range(N_ITEMS)], [*titles, None])])
        client.upload_file(str(path), BUCKET, LAYOUT.videos_key)
        client.put_object(Bucket=BUCKET, Key=MODEL_KEY, Body=format_model(model))
        yield client


def columns(rows: list[tuple[int, int, float]]) -> dict[str, Any]:
    user_index, item_index, rating = zip(*rows, strict=True)
    return {
        "user_index": np.array(user_index, np.int32),
        "item_index": np.array(item_index, np.int32),
        "rating": np.array(rating, np.float32),
        "timestamp": np.full(len(rows), NO_TIMESTAMP),
    }


def sample(bucket: Any, **more: Any):
    return sample_customers(bucket, BUCKET, LAYOUT, MODEL_KEY, **{"is_classifier": False, **more})


def test_most_active_and_average_customer_are_shown(bucket):
    most_active, average = sample(bucket)

    assert (most_active.customer_id, most_active.n_ratings) == ("Bob", 4)
    assert (average.customer_id, average.n_ratings) == ("Ann", 2)


def test_favourites_are_the_best_rated(bucket):
    favourites = sample(bucket)[0].favourites

    assert [(video.name, video.value) for video in favourites] == [
        ("Title 1", 5.0),
        ("Title 2", 4.0),
        ("Title 0", 3.0),
        ("Title 3", 1.0),
    ]


def test_recommendations_are_the_best_scored_that_were_not_rated(bucket):
    bob, ann = sample(bucket)

    assert [video.name for video in bob.recommendations] == [
        "V8",
        *(f"Title {n}" for n in (7, 6, 5, 4)),
    ]
    assert [video.video_id for video in ann.recommendations] == ["V8", "V7", "V6", "V5", "V4"]
    assert bob.recommendations[0].value == pytest.approx(0.8)


def test_classifier_gives_probabilities(bucket):
    (first, *_) = sample(bucket, is_classifier=True)[0].recommendations

    assert first.value == pytest.approx(1 / (1 + np.exp(-0.8)))


@pytest.mark.parametrize("key", [MODEL_KEY, LAYOUT.videos_key])
def test_missing_and_broken_objects_are_named(bucket, key):
    bucket.put_object(Bucket=BUCKET, Key=key, Body=b"broken")
    with pytest.raises(RecommenderError):
        sample(bucket)

    bucket.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(RecommenderError, match=r"s3://data-bucket/runs/run-1/"):
        sample(bucket)
