import json

import pytest

from lambdas.convert_recordio.events import ConvertRecordIORequest
from lambdas.preprocess.events import PreprocessRequest
from lambdas.resolve_run.execution_input import ExecutionInput
from recommender.errors import InvalidInputError
from spark.request import PreparationRequest

RECORDS = {
    "instance_count": 2,
    "max_rows_per_file": 10_000,
    "max_payload_mb": 6,
    "positive_rating": None,
}


def resolved(**dataset) -> dict:
    given = ExecutionInput.model_validate({"dataset": {"uri": "s3://bucket/raw", **dataset}})
    request = PreprocessRequest(
        run_id="run", dataset=given.dataset, filter=given.filter, split=given.split
    )
    return {**request.model_dump(mode="json"), **RECORDS}


def test_it_is_what_the_functions_are_asked_together():
    request = PreparationRequest.from_json(json.dumps(resolved(rating_range=[0, 10])))

    assert request.reading.uri == "s3://bucket/raw"
    assert request.reading.rating_range == (0.0, 10.0)
    assert request.rules.min_ratings_per_video == 10
    assert request.splitting.fractions.train == 0.6
    assert set(RECORDS) < set(ConvertRecordIORequest.model_fields)
    assert request.records.instance_count == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run_id": "x"}'])
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidInputError, match="--request: expected the parts of a resolved run"):
        PreparationRequest.from_json(text)
