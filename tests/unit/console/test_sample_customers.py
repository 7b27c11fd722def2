"""Two customers, always the same ones, and what the model recommends to them."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from botocore.exceptions import ClientError

from console.sample_customers import sample_customers
from recommender import tables
from recommender.errors import RecommenderError
from recommender.model_artifact import FactorizationMachinesModel, format_model
from recommender.run_layout import RunLayout

LAYOUT = RunLayout("run-1")
MODEL_KEY = "runs/run-1/model/job/output/model.tar.gz"
N_USERS, N_ITEMS = 3, 9


class Bucket:
    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_object(self, **request: str) -> dict[str, Any]:
        assert request["Bucket"] == "b"
        if request["Key"] not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "none"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[request["Key"]])}


@pytest.fixture
def bucket() -> Bucket:
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
    frame = pd.DataFrame(rated, columns=["user_index", "item_index", "rating"])
    frame["timestamp"] = pd.array([None] * len(frame), dtype="Int64")
    videos = pd.DataFrame(
        {
            "item_index": range(N_ITEMS),
            "video_id": [f"V{n}" for n in range(N_ITEMS)],
            "title": [f"Title {n}" for n in range(N_ITEMS - 1)] + [None],
        }
    )
    customers = pd.DataFrame({"user_index": range(3), "customer_id": ["Ann", "Bob", "Cy"]})
    # Video n scores n / 10 for everybody.
    linear = np.concatenate([np.zeros(N_USERS), np.arange(N_ITEMS) / 10]).astype(np.float32)
    model = FactorizationMachinesModel(0.0, linear, np.zeros((N_USERS + N_ITEMS, 2), np.float32))
    return Bucket(
        {
            LAYOUT.ratings_key("train"): tables.format_ratings(frame.iloc[:3]),
            LAYOUT.ratings_key("validation"): tables.format_ratings(frame.iloc[3:5]),
            LAYOUT.ratings_key("test"): tables.format_ratings(frame.iloc[5:]),
            LAYOUT.customers_key: tables.format_customers(customers),
            LAYOUT.videos_key: tables.format_videos(videos),
            MODEL_KEY: format_model(model),
        }
    )


def sample(bucket: Bucket, **more: Any):
    return sample_customers(bucket, "b", LAYOUT, MODEL_KEY, **{"is_classifier": False, **more})


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
    bucket.objects[key] = b"broken"
    with pytest.raises(RecommenderError):
        sample(bucket)

    del bucket.objects[key]
    with pytest.raises(RecommenderError, match=r"s3://b/runs/run-1/"):
        sample(bucket)
