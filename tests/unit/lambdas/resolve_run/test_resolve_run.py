import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import get_args

import pytest

from lambdas.resolve_run import execution_input
from lambdas.resolve_run.events import ResolvedRun
from lambdas.resolve_run.execution_input import Dataset
from lambdas.resolve_run.handler import lambda_handler
from lambdas.resolve_run.resolution import make_run_id
from recommender.errors import InvalidInputError
from recommender.hyperparameters import validate
from recommender.rating_formats import RATINGS_FORMATS
from recommender.ratings import MAX_REJECTED_RATIO
from recommender.run_layout import RunLayout
from recommender.splitting import SplitStrategy


def problems_of(resolve, **given) -> str:
    with pytest.raises(InvalidInputError) as caught:
        resolve(**given)
    message = str(caught.value)
    assert message.startswith("execution input: ")
    assert "\n" not in message
    return message


def test_an_empty_input_runs_the_default(resolve):
    run = resolve()

    assert run["mode"] == "train"
    assert run["predictor_type"] == "regressor"
    assert run["positive_rating"] is None
    assert run["dataset"] == {
        "uri": "s3://data-bucket/raw/ratings",
        "format": None,
        "columns": None,
        "rating_range": None,
        "max_rejected_ratio": 0.01,
    }
    assert run["filter"] == {
        "min_ratings_per_customer": 5,
        "min_ratings_per_video": 10,
        "until_stable": False,
    }
    assert [run["split"][name] for name in ("train", "validation", "test")] == [0.6, 0.2, 0.2]
    assert run["tuning"]["max_jobs"] >= 6
    assert "feature_dim" not in run["hyperparameters"]
    assert ResolvedRun.model_validate(run).model_dump(mode="json") == run
    assert len(json.dumps(run)) < 10_000


def test_places_are_those_of_the_run_layout(resolve):
    run = resolve()
    layout = RunLayout(run["run_id"])

    assert run["uris"] == {
        "model_prefix_uri": f"s3://data-bucket/{layout.model_prefix}",
        "recordio_train_uri": f"s3://data-bucket/{layout.recordio_prefix('train')}",
        "recordio_validation_uri": f"s3://data-bucket/{layout.recordio_prefix('validation')}",
        "recordio_test_uri": f"s3://data-bucket/{layout.recordio_prefix('test')}",
        "predictions_uri": f"s3://data-bucket/{layout.predictions_prefix}",
    }


def test_a_run_is_named_after_its_execution(resolve):
    assert resolve()["run_id"] == resolve(mode="tune")["run_id"]
    assert resolve()["run_id"].startswith("20261122t063156-")
    assert len(resolve()["run_id"]) == 22


def test_run_ids_differ_by_execution_and_are_in_utc():
    moment = datetime(2026, 11, 22, 6, 31, 56)
    east = datetime(2026, 11, 22, 8, 31, 56, tzinfo=timezone(timedelta(hours=2)))

    assert make_run_id("a", moment) == make_run_id("a", east) == "20261122t063156-zklyce"
    assert make_run_id("b", moment) != make_run_id("a", moment)


def test_hyperparameters_go_over_the_defaults_as_strings(resolve):
    run = resolve(
        hyperparameters={"num_factors": 32, "linear_lr": 0.01, "use_bias": True, "epochs": "7"}
    )

    found = run["hyperparameters"]
    assert found["num_factors"] == "32"
    assert found["linear_lr"] == "0.01"
    assert found["use_bias"] == "true"
    assert found["epochs"] == "7"
    assert found["mini_batch_size"] == execution_input.DEFAULT_HYPERPARAMETERS["mini_batch_size"]


def test_the_default_hyperparameters_are_sagemaker_s():
    defaults = execution_input.DEFAULT_HYPERPARAMETERS

    assert validate(defaults, require=execution_input.REQUIRED_HYPERPARAMETERS) == []


def test_a_binary_classifier_has_a_threshold_and_its_own_objective(resolve):
    run = resolve(hyperparameters={"predictor_type": "binary_classifier"}, positive_rating=3.5)

    assert run["predictor_type"] == "binary_classifier"
    assert run["positive_rating"] == 3.5
    assert run["tuning"]["objective"] == {
        "Type": "Minimize",
        "MetricName": "test:binary_classification_cross_entropy",
    }
    assert resolve()["tuning"]["objective"] == {"Type": "Minimize", "MetricName": "test:rmse"}


def test_ranges_have_sagemaker_s_shape(resolve):
    tuning = resolve(
        mode="tune",
        tuning={
            "ranges": {
                "continuous": {
                    "linear_lr": {"min": 0.001, "max": 0.1, "scaling": "Logarithmic"},
                },
                "integer": {"epochs": {"min": 5, "max": 30}},
                "categorical": {"mini_batch_size": [100, "500"]},
            }
        },
    )["tuning"]

    assert tuning["parameter_ranges"] == {
        "ContinuousParameterRanges": [
            {
                "Name": "linear_lr",
                "MinValue": "0.001",
                "MaxValue": "0.1",
                "ScalingType": "Logarithmic",
            }
        ],
        "IntegerParameterRanges": [
            {"Name": "epochs", "MinValue": "5", "MaxValue": "30", "ScalingType": "Auto"}
        ],
        "CategoricalParameterRanges": [{"Name": "mini_batch_size", "Values": ["100", "500"]}],
    }
    static = tuning["static_hyperparameters"]
    assert {"linear_lr", "epochs", "mini_batch_size"}.isdisjoint(static)
    assert static["num_factors"] == execution_input.DEFAULT_HYPERPARAMETERS["num_factors"]


def test_a_grid_has_a_job_for_each_combination(resolve):
    grid = {"categorical": {"mini_batch_size": [100, 200], "epochs": [5, 10]}}

    tuning = resolve(tuning={"strategy": "Grid", "max_jobs": 4, "ranges": grid})["tuning"]

    assert (tuning["strategy"], tuning["max_jobs"]) == ("Grid", 4)


def searched(run) -> set[str]:
    ranges = run["tuning"]["parameter_ranges"]
    return {entry["Name"] for kind in ranges.values() for entry in kind}


def test_a_hyperparameter_that_was_set_is_not_searched_by_default(resolve):
    by_default = searched(resolve(mode="tune"))
    run = resolve(mode="tune", hyperparameters={"epochs": 3})

    assert "epochs" in by_default
    assert searched(run) == by_default - {"epochs"}
    assert run["tuning"]["static_hyperparameters"]["epochs"] == "3"


def test_setting_and_searching_a_hyperparameter_contradict_each_other(resolve):
    ranges = {"integer": {"epochs": {"min": 1, "max": 9}}}

    message = problems_of(
        resolve, mode="tune", hyperparameters={"epochs": 3}, tuning={"ranges": ranges}
    )

    assert "hyperparameters.epochs: is set, and searched by tuning.ranges too" in message


def test_setting_everything_that_is_searched_leaves_nothing_to_tune(resolve):
    fixed = {name: 1 if name == "epochs" else 0.1 for name in searched(resolve())}

    assert "every hyperparameter of the default ranges is set" in problems_of(
        resolve, mode="tune", hyperparameters=fixed
    )


def test_every_problem_is_listed_at_once(resolve):
    message = problems_of(
        resolve,
        mode="trian",
        filtr={},
        dataset={"uri": "https://x", "format": "excel", "columns": {"customer": "x"}},
        filter={"min_rating_per_video": 3, "min_ratings_per_customer": 0},
        split={"train": 0.5, "strategy": "first"},
        hyperparameters={"epochs": -1, "num_factor": 3, "feature_dim": 3},
        training={"instance_type": "c5.xlarge", "use_spot": "yes"},
        tuning={"max_jobs": 1, "max_parallel_jobs": 2},
        transform={"max_payload_mb": 101},
        quality_gate={"max_rmse": 0},
        deploy={},
    )

    for expected in (
        "mode: expected 'train' or 'tune', found 'trian'",
        'filtr: unknown key, did you mean "filter"?',
        "dataset.uri: expected s3://bucket/key or a key in the data bucket, found 'https://x'",
        "dataset.format: expected 'amazon-reviews',",
        "dataset.columns.customer: expected 'customer_id', ",
        'filter.min_rating_per_video: unknown key, did you mean "min_ratings_per_video"?',
        "filter.min_ratings_per_customer: expected greater than or equal to 1, found 0",
        "split.strategy: expected 'random' or 'latest', found 'first'",
        "hyperparameters.feature_dim: follows from the data, and may not be set",
        "hyperparameters.epochs: expected an integer of at least 1",
        'hyperparameters.num_factor: there is no such name; did you mean "num_factors"?',
        "training.instance_type: expected a SageMaker instance type such as ml.c5.xlarge",
        "training.use_spot: expected a valid boolean, found 'yes'",
        "tuning.max_parallel_jobs: expected at most tuning.max_jobs, 1, found 2",
        "transform.max_payload_mb: expected less than or equal to 100, found 101",
        "quality_gate.max_rmse: expected greater than 0, found 0",
        "deploy: unknown key",
    ):
        assert expected in message
    assert message.startswith("execution input: 17 problems: (1) ")
    assert "(17) " in message


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"split": {"train": 0.5}}, "split: expected train, validation and test to sum to 1"),
        ({"split": {"train": 1.0, "validation": 0.0, "test": 0.0}}, "split.train: expected less"),
        ({"split": None}, "split: expected "),
        ({"dataset": {"rating_range": [5, 1]}}, "dataset.rating_range: expected the smallest"),
        (
            {"dataset": {"max_rejected_ratio": 1.01}},
            "dataset.max_rejected_ratio: expected less than or equal to 1, found 1.01",
        ),
        (
            {"dataset": {"max_rejected_ratio": -0.01}},
            "dataset.max_rejected_ratio: expected greater than or equal to 0, found -0.01",
        ),
        ({"dataset": {"max_rejected_ratio": "1%"}}, "max_rejected_ratio: expected a valid number"),
        (
            {"dataset": {"columns": {"rating": ""}}},
            "dataset.columns.rating: expected the name of a column, or its number, of at most 255 "
            "characters, found ''",
        ),
        (
            {"dataset": {"columns": {"customer_id": "id", "video_id": "id"}}},
            "dataset.columns: expected a column of its own for each of customer_id, video_id,",
        ),
        ({"hyperparameters": {"epochs": [1]}}, "hyperparameters.epochs: expected a text, a number"),
        ({"hyperparameters": {"epochs": None}}, "hyperparameters.epochs: expected a text"),
        (
            {"hyperparameters": {"linear_lr": float("inf")}},
            "execution input: hyperparameters.linear_lr: expected a finite number, found inf",
        ),
        ({"hyperparameters": {"linear_lr": float("nan")}}, "linear_lr"),
        ({"positive_rating": "high"}, "positive_rating: expected a valid number, found 'high'"),
        (
            {
                "hyperparameters": {"predictor_type": "binary_classifier"},
                "quality_gate": {"max_rmse": 1},
            },
            "quality_gate.max_rmse: a binary_classifier has no RMSE",
        ),
    ],
)
def test_a_bad_value_is_named(resolve, given, expected):
    assert expected in problems_of(resolve, **given)


@pytest.mark.parametrize(
    ("tuning", "expected"),
    [
        (
            {"ranges": {"continuous": {"num_factors": {"min": 1, "max": 2}}}},
            "continuous.num_factors: SageMaker tunes no such continuous hyperparameter",
        ),
        (
            {"ranges": {"continuous": {"epochs": {"min": 1, "max": 2}}}},
            "continuous.epochs: SageMaker tunes no such continuous",
        ),
        (
            {"ranges": {"continuous": {"linear_lr": {"min": 2, "max": 1}}}},
            "continuous.linear_lr: expected 1e-08 <= min < max <= 512, found min 2 and max 1",
        ),
        (
            {"ranges": {"integer": {"epochs": {"min": 0, "max": 9}}}},
            "integer.epochs: expected 1 <=",
        ),
        ({"ranges": {"integer": {"epochs": {"min": 1}}}}, "epochs.max: is required, but missing"),
        (
            {
                "ranges": {
                    "continuous": {
                        "linear_lr": {"min": 0.1, "max": 2, "scaling": "ReverseLogarithmic"}
                    }
                }
            },
            "ReverseLogarithmic needs a continuous range below 1",
        ),
        ({"ranges": {}}, "tuning.ranges: expected 1 to 30 hyperparameters, found 0"),
        ({"ranges": {"categorical": {"epochs": [0, 5]}}}, "categorical.epochs: "),
        ({"ranges": {"categorical": {"num_factors": [3]}}}, "categorical.num_factors: SageMaker"),
        ({"ranges": {"categorical": {"epochs": []}}}, "tuning.ranges.categorical.epochs: "),
        (
            {
                "ranges": {
                    "integer": {"epochs": {"min": 1, "max": 9}},
                    "categorical": {"epochs": [5]},
                }
            },
            "epochs: expected one range, found 2",
        ),
        ({"strategy": "Grid"}, 'tuning.strategy: strategy "Grid" searches categorical ranges only'),
        (
            {"strategy": "Grid", "ranges": {"categorical": {"epochs": [1, 2, 3]}}},
            'tuning.max_jobs: strategy "Grid" needs max_jobs 3',
        ),
        ({"strategy": "Hyperband"}, "tuning.strategy: expected 'Bayesian', 'Random' or 'Grid'"),
    ],
)
def test_a_bad_search_is_named(resolve, tuning, expected):
    assert expected in problems_of(resolve, mode="tune", tuning=tuning)


@pytest.mark.parametrize("given", [[], None, "train", 3])
def test_an_input_that_is_no_object_is_refused(environment, given):
    event = {
        "execution_input": given,
        "execution_arn": "a",
        "started_at": "2026-11-22T06:31:56Z",
        "input_defaults": {},
    }

    with pytest.raises(InvalidInputError, match=r"expected a JSON object such as \{\}, found"):
        lambda_handler(event, None)


def test_an_address_or_a_key_says_where_the_ratings_are(resolve):
    assert resolve(dataset={"uri": "s3://other/a/b"})["dataset"]["uri"] == "s3://other/a/b"
    assert resolve(dataset={"uri": "raw/x.tsv"})["dataset"]["uri"] == "s3://data-bucket/raw/x.tsv"


@pytest.mark.parametrize("name", RATINGS_FORMATS)
def test_every_known_format_may_be_told(resolve, name):
    assert resolve(dataset={"format": name})["dataset"]["format"] == name


def test_what_was_said_of_the_data_set_is_passed_on(resolve):
    given = {
        "uri": "s3://other/ratings/",
        "format": "movielens-csv",
        "columns": {"customer_id": "1", "video_id": "2", "rating": "3", "title": "3"},
        "rating_range": [0, 10],
        "max_rejected_ratio": 1,
    }

    resolved = resolve(dataset=given)["dataset"]

    assert resolved == given
    assert Dataset.model_validate(resolved).model_dump() == given
    assert resolve(dataset={"max_rejected_ratio": 0})["dataset"]["max_rejected_ratio"] == 0


def test_split_strategies_are_those_that_can_be_done():
    annotation = execution_input.Split.model_fields["strategy"].annotation

    assert get_args(annotation) == get_args(SplitStrategy)


def test_the_function_needs_no_more_than_its_layer_has():
    code = (
        "import sys, lambdas.resolve_run.handler; "
        "print(sorted({'numpy', 'pandas', 'scipy', 'duckdb'} & set(sys.modules)))"
    )

    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert completed.stdout.strip() == "[]"


def test_the_reader_s_own_default_is_the_input_s():
    assert Dataset().max_rejected_ratio == MAX_REJECTED_RATIO
