"""A run is read from what its steps left, or refused with its name."""

from collections.abc import Iterator
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from console.errors import BadInputError, EnvironmentProblemError, RunTooLargeError
from console.recommendations import load_run
from recommender import tables
from recommender.errors import ArtifactNotFoundError, CorruptArtifactError, RecommenderError
from recommender.model_artifact import FactorizationMachinesModel, format_model
from tests.unit.console.recommendations.planted import (
    BUCKET,
    CUSTOMERS,
    LAYOUT,
    MODEL_KEY,
    RUN_ID,
    TITLES,
    VIDEOS,
    planted_model,
    planted_run,
    store_evaluation,
    store_run,
)


@pytest.fixture
def s3(monkeypatch, tmp_path) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        store_run(client, tmp_path)
        yield client


def test_everything_is_read_as_it_was_written(s3):
    run, expected = load_run(s3, BUCKET, RUN_ID), planted_run()

    assert (run.customer_ids, run.video_ids, run.titles) == (CUSTOMERS, VIDEOS, TITLES)
    assert (run.run_id, run.outcome, run.positive_rating) == (RUN_ID, "accepted", None)
    np.testing.assert_array_equal(run.model.factors, planted_model().factors)
    for name in ("item_index", "rating", "timestamp", "split", "user_bounds", "item_rows"):
        np.testing.assert_array_equal(getattr(run.ratings, name), getattr(expected.ratings, name))


def test_a_classifiers_threshold_and_a_rejected_model_are_read(s3):
    store_evaluation(s3, positive_rating=4.0, outcome="rejected")

    run = load_run(s3, BUCKET, RUN_ID)
    assert (run.positive_rating, run.outcome) == (4.0, "rejected")


def test_a_run_that_is_too_large_is_refused_before_anything_of_it_is_read(s3):
    s3.put_object(Bucket=BUCKET, Key=MODEL_KEY, Body=b"broken, and never looked at")

    with pytest.raises(RunTooLargeError, match=r"of at most 0 MiB.*found 0 MiB.*Amazon Athena"):
        load_run(s3, BUCKET, RUN_ID, max_object_bytes=100)


def test_every_object_that_is_read_counts(s3):
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    keys.remove(LAYOUT.evaluation_key)
    size = sum(s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] for key in keys)

    load_run(s3, BUCKET, RUN_ID, max_object_bytes=size)
    with pytest.raises(RunTooLargeError):
        load_run(s3, BUCKET, RUN_ID, max_object_bytes=size - 1)


@pytest.mark.parametrize("run_id", ["run-2", "", "../run-1", "run-1/", "x" * 23, "\u202e"])
def test_a_run_that_is_not_there_is_bad_input(s3, run_id):
    with pytest.raises(BadInputError, match="recommender list"):
        load_run(s3, BUCKET, run_id)


@pytest.mark.parametrize(
    "uri", ["s3://other/model.tar.gz", f"s3://{BUCKET}/runs/run-2/model.tar.gz", "model.tar.gz"]
)
def test_a_model_elsewhere_is_not_followed(s3, uri):
    store_evaluation(s3, model_data_uri=uri)

    with pytest.raises(CorruptArtifactError, match="expected a model_data_uri below"):
        load_run(s3, BUCKET, RUN_ID)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"model_data_uri": 1}', b"\xff"])
def test_a_broken_evaluation_is_named(s3, content):
    s3.put_object(Bucket=BUCKET, Key=LAYOUT.evaluation_key, Body=content)

    with pytest.raises(CorruptArtifactError, match=f"{LAYOUT.evaluation_key}: expected the eval"):
        load_run(s3, BUCKET, RUN_ID)


@pytest.mark.parametrize(
    "key", [MODEL_KEY, LAYOUT.videos_key, LAYOUT.customers_key, LAYOUT.ratings_key("test", 0)]
)
def test_missing_and_broken_objects_are_named(s3, key):
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"broken")
    with pytest.raises(RecommenderError):
        load_run(s3, BUCKET, RUN_ID)

    s3.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(ArtifactNotFoundError, match=f"s3://{BUCKET}/runs/run-1/"):
        load_run(s3, BUCKET, RUN_ID)


def test_a_model_of_other_features_is_refused(s3):
    other = FactorizationMachinesModel(0.0, np.zeros(5, np.float32), np.zeros((5, 1), np.float32))
    s3.put_object(Bucket=BUCKET, Key=MODEL_KEY, Body=format_model(other))

    with pytest.raises(CorruptArtifactError, match="3 customers and 9 videos, found one of 5"):
        load_run(s3, BUCKET, RUN_ID)


def test_ratings_beyond_the_tables_are_refused(s3, tmp_path):
    path = tmp_path / "table"
    tables.write_customers(path, [CUSTOMERS[:1]])
    s3.upload_file(str(path), BUCKET, LAYOUT.customers_key)
    smaller = FactorizationMachinesModel(
        0.0, np.zeros(10, np.float32), np.zeros((10, 1), np.float32)
    )
    s3.put_object(Bucket=BUCKET, Key=MODEL_KEY, Body=format_model(smaller))

    with pytest.raises(CorruptArtifactError, match="expected user_index from 0 to 0"):
        load_run(s3, BUCKET, RUN_ID)


def test_a_bucket_that_refuses_is_a_problem_of_the_environment(s3):
    with Stubber(s3) as refusing:
        refusing.add_client_error("get_object", service_error_code="AccessDenied")
        with pytest.raises(EnvironmentProblemError, match=r"data-bucket/, run run-1: .*AccessDen"):
            load_run(s3, BUCKET, RUN_ID)
