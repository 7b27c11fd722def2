"""What a run is going to do, in words."""

from typing import Any

from console.input_check import check
from console.input_plan import bound, plan


def sentences(**execution_input: Any) -> str:
    run = check(execution_input, {}, data_bucket="bucket").run
    assert run is not None
    return "\n".join(plan(run))


def test_the_default_run_in_words() -> None:
    assert sentences() == (
        "Reads s3://bucket/raw/ratings.\n"
        "Keeps customers with at least 5 ratings and videos with at least 10.\n"
        "Splits at random: 0.6 train, 0.2 validation, 0.2 test.\n"
        "Trains a regressor with 64 factors for 40 epochs on 1 of ml.c5.xlarge, at most 1 h a job, "
        "started again up to 3 times.\n"
        "Predicts the test split on 1 of ml.c5.xlarge, started again up to 3 times.\n"
        "Accepts the model if it beats the baselines and its loss is at most 1.02 times that of "
        "the model in use."
    )


def test_what_is_asked_for_is_said() -> None:
    said = sentences(
        mode="tune",
        dataset={"format": "parquet"},
        split={"strategy": "latest"},
        hyperparameters={"linear_lr": 0.01},
        training={
            "use_spot": True,
            "fallback_instance_types": ["ml.m5.large"],
            "instance_count": 2,
            "max_runtime_seconds": 90,
            "max_restarts": 2,
        },
        transform={"max_restarts": 1},
        quality_gate={"must_beat_baselines": False, "max_loss_ratio_to_accepted": None},
    )

    assert "written as parquet" in said
    assert "by time" in said
    assert (
        "Tunes factors_lr, factors_wd, epochs in 8 trials, 2 at a time (Bayesian), on 2 of "
        "ml.c5.xlarge (spot), then ml.c5.xlarge, then ml.m5.large, at most 1.5 min a job, started "
        "again up to 2 times."
    ) in said
    assert "on 1 of ml.c5.xlarge, started again up to 1 time." in said
    assert said.endswith("Accepts the model whatever its quality.")


def test_the_bound_is_hours_and_jobs() -> None:
    hours = check({"training": {"max_restarts": 0, "max_runtime_seconds": 900}}, {}).hours

    assert hours is not None
    assert bound(hours) == "at most 96.25 instance-hours in at most 5 jobs"
