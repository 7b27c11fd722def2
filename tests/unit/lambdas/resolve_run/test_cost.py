import json

import pytest

from lambdas.resolve_run.cost import TRANSFORM_LIMIT_HOURS
from recommender.errors import InvalidInputError

ONCE = {"max_restarts": 0}


def test_a_training_is_bounded_by_instances_and_its_time_limit(resolve):
    run = resolve(
        training={"instance_count": 3, "max_runtime_seconds": 5400, **ONCE},
        transform={"instance_count": 2, **ONCE},
    )

    assert run["max_instance_hours"] == 3 * 1.5 + 2 * TRANSFORM_LIMIT_HOURS


def test_every_start_may_take_all_of_its_time(resolve):
    run = resolve(
        mode="tune",
        tuning={"max_jobs": 5},
        training={"instance_count": 2, "max_runtime_seconds": 5400, "max_restarts": 2},
        transform={"max_restarts": 1},
    )

    assert run["max_instance_hours"] == 3 * 5 * 2 * 1.5 + 2 * TRANSFORM_LIMIT_HOURS


def test_every_trial_of_a_tuning_counts(resolve):
    tuning = {"max_jobs": 10, "max_parallel_jobs": 5}

    run = resolve(
        mode="tune", tuning=tuning, training={"instance_count": 2, **ONCE}, transform=ONCE
    )
    trained = resolve(tuning=tuning, training=ONCE, transform=ONCE)

    assert run["max_instance_hours"] == 10 * 2 * 1 + TRANSFORM_LIMIT_HOURS
    assert trained["max_instance_hours"] == 1 + TRANSFORM_LIMIT_HOURS


def test_waiting_for_spot_capacity_is_not_billed(resolve):
    assert (
        resolve(training={"use_spot": True})["max_instance_hours"]
        == resolve()["max_instance_hours"]
    )


def test_a_run_that_could_cost_too_much_is_refused_with_the_sum(resolve):
    with pytest.raises(InvalidInputError) as caught:
        resolve(
            mode="tune",
            tuning={"max_jobs": 100},
            training={"instance_count": 2, "max_runtime_seconds": 5400, "max_restarts": 1},
            transform={"max_restarts": 2},
            limits={"max_instance_hours": 671.9},
        )

    assert str(caught.value) == (
        "execution input: limits.max_instance_hours: expected at most 671.9 instance-hours, found "
        "672 that the run could use (2 starts by training.max_restarts x 100 tuning.max_jobs x 2 "
        "training.instance_count x 1.5 h of training.max_runtime_seconds, and 3 starts by "
        "transform.max_restarts x 1 transform.instance_count x 24 h); ask for less, or raise the "
        "limit"
    )


def test_the_limit_itself_is_allowed_and_the_default_is_generous(resolve):
    limits = {"max_instance_hours": 100}

    assert resolve(limits=limits)["max_instance_hours"] == 100
    assert resolve(mode="tune", tuning={"max_jobs": 100})["max_instance_hours"] == 496


def test_the_limit_joins_the_other_problems(resolve):
    with pytest.raises(InvalidInputError, match=r"2 problems: .*max_rmse.*max_instance_hours"):
        resolve(
            hyperparameters={"predictor_type": "binary_classifier"},
            quality_gate={"max_rmse": 1},
            limits={"max_instance_hours": 1},
        )


@pytest.mark.parametrize("limit", [0, -1, "many", None])
def test_a_limit_that_is_none_is_refused(resolve, limit):
    with pytest.raises(InvalidInputError, match=r"limits\.max_instance_hours: expected"):
        resolve(limits={"max_instance_hours": limit})


def test_the_bound_is_logged_and_counted(resolve, capsys):
    resolve()

    log, metric = map(json.loads, capsys.readouterr().out.splitlines())
    assert log["max_instance_hours"] == metric["MaxInstanceHours"] == 100
    assert log["run_id"] == metric["run_id"]


def test_a_refused_input_is_logged_with_the_run_id(resolve, capsys):
    with pytest.raises(InvalidInputError):
        resolve(limits={"max_instance_hours": 1})

    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["level"] == "ERROR"
    assert line["run_id"].startswith("20261122t063156-")
    assert line["error"] == "InvalidInputError"
