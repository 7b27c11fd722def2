"""The job reads the resolved run as ResolveRun writes it."""

import json

import pytest

from lambdas.resolve_run.execution_input import ExecutionInput
from lambdas.resolve_run.resolution import resolve
from recommender.errors import InvalidInputError
from spark.request import PreparationRequest


def resolved(**given) -> str:
    run = resolve(ExecutionInput.model_validate(given), run_id="run", data_bucket="bucket")
    return json.dumps(run.model_dump(mode="json"))


def test_it_is_what_the_functions_are_asked_together():
    request = PreparationRequest.from_json(
        resolved(
            dataset={"uri": "raw", "rating_range": [0.0, 10.0]},
            hyperparameters={"predictor_type": "binary_classifier"},
            positive_rating=3.5,
            training={"instance_count": 2},
            transform={"max_rows_per_file": 500, "max_payload_mb": 3},
        )
    )

    assert request.run_id == "run"
    assert request.reading.uri == "s3://bucket/raw"
    assert request.reading.rating_range == (0.0, 10.0)
    assert request.rules.min_ratings_per_video == 10
    assert request.splitting.fractions.train == 0.6
    assert request.records.instance_count == 2
    assert request.records.max_rows_per_file == 500
    assert request.records.max_payload_mb == 3
    assert request.records.positive_rating == 3.5


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run_id": "x"}'])
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidInputError, match="--run: expected a resolved run as JSON"):
        PreparationRequest.from_json(text)
