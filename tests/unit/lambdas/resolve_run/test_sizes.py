"""Nothing that a person may say makes the answer, or the error, too large for a payload."""

import json
from typing import get_args

import pytest

from lambdas.resolve_run.execution_input import DEFAULT_HYPERPARAMETERS
from lambdas.resolve_run.sections import MAX_VALUE_LENGTH
from lambdas.resolve_run.tuning_ranges import MAX_VALUES
from lambdas.runtime.logs import LONGEST_MESSAGE
from recommender.errors import InvalidInputError
from recommender.hyperparameters import SPECIFICATIONS, TUNABLE
from recommender.rating_formats import RatingField

KIB = 1024
# CreateTrainingJob's limits, from botocore's model of it.
MAX_HYPERPARAMETERS, MAX_HYPERPARAMETER_LENGTH, MAX_TUNED_VALUE_LENGTH = 100, 2500, 256


def long_number(value: int) -> str:
    return f"{value:0{MAX_VALUE_LENGTH}d}"


def largest_input() -> dict[str, object]:
    """Give everything that can be said, as long as may be."""
    numbers = {
        name: long_number(200)
        for name, specification in SPECIFICATIONS.items()
        if specification.kind != "choice" and name != "feature_dim" and name not in TUNABLE
    }
    values = [long_number(200 + number) for number in range(MAX_VALUES)]
    return {
        "mode": "tune",
        "dataset": {
            "uri": "s3://" + "b" * 63 + "/" + "k" * 1024,
            "columns": {
                field: f"{number}" + "ü" * 254 for number, field in enumerate(get_args(RatingField))
            },
        },
        "hyperparameters": numbers,
        "training": {
            "fallback_instance_types": ["ml.c5.18xlarge"] * 9,
            "max_restarts": 9,
            "max_runtime_seconds": 1,
        },
        "transform": {"max_restarts": 9, "instance_count": 100},
        "tuning": {"ranges": {"categorical": dict.fromkeys(TUNABLE, values)}},
        "limits": {"max_instance_hours": 1e9},
    }


def test_the_largest_input_leaves_room_in_the_payload(resolve):
    run = resolve(**largest_input())

    assert len(run["tuning"]["parameter_ranges"]["CategoricalParameterRanges"]) == len(TUNABLE)
    assert len(run["training"]["placements"]) == 10
    assert 32 * KIB < len(json.dumps(run).encode()) < 64 * KIB


def test_hyperparameters_fit_sagemaker():
    assert len(SPECIFICATIONS) <= MAX_HYPERPARAMETERS
    assert min(MAX_HYPERPARAMETER_LENGTH, MAX_TUNED_VALUE_LENGTH) >= MAX_VALUE_LENGTH
    assert set(DEFAULT_HYPERPARAMETERS) <= set(SPECIFICATIONS)


def error_of(resolve, **given) -> str:
    with pytest.raises(InvalidInputError) as caught:
        resolve(**given)
    message = str(caught.value)
    assert len(message) <= LONGEST_MESSAGE
    assert len(json.dumps(json.dumps({"errorMessage": message})).encode()) < 64 * KIB
    return message


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"hyperparameters": {"epochs": "0" * 64 + "1"}},
            "hyperparameters.epochs: expected at most 64 characters, found 65",
        ),
        (
            {"tuning": {"ranges": {"categorical": {"epochs": ["0" * 64 + "1"]}}}},
            "tuning.ranges.categorical.epochs: expected at most 64 characters, found 65",
        ),
        (
            {"tuning": {"ranges": {"categorical": {"epochs": list(range(1, 32))}}}},
            "tuning.ranges.categorical.epochs: List should have at most 30 items",
        ),
        (
            {"dataset": {"uri": "ü" * 513}},
            "dataset.uri: expected a key of at most 1024 bytes, as S3 takes it, found 1026",
        ),
        ({"dataset": {"uri": "s3://bucket/" + "k" * 1025}}, "found 1025"),
        ({"dataset": {"columns": {"rating": "c" * 256}}}, "at most 255 characters, found 'ccc"),
        ({"mode": "x" * 200_000}, "mode: expected 'train' or 'tune', found 'xxx"),
        ({"x" * 200_000: 1}, "xxx…: unknown key"),
        ({"training": {"instance_type": "x" * 200_000}}, "training.instance_type: expected a"),
        ({"training": {"instance_type": "ml." + "x" * 90_000 + ".y"}}, "SageMaker has no instance"),
        ({"hyperparameters": {"x" * 200_000: 1}}, "hyperparameters.xxx"),
        ({"dataset": {"uri": "https://" + "\U0001f600" * 20_000}}, "dataset.uri: expected s3://"),
    ],
)
def test_what_is_too_long_is_said_in_short(resolve, given, expected):
    message = error_of(resolve, **given)

    assert expected in message
    assert len(message) < 1000


def test_thousands_of_problems_are_cut_with_a_count(resolve):
    message = error_of(resolve, **{f"key{number}": 1 for number in range(5000)})

    assert message.startswith("execution input: 5000 problems: (1) key0: unknown key")
    listed = message.count("unknown key")
    assert 10 < listed < 100
    assert message.endswith(f"; and {5000 - listed} more")
