import pytest

from recommender.errors import InvalidInputError

ON_DEMAND = {"MaxRuntimeInSeconds": 3600}


def types(section) -> list[str]:
    return [placement["instance_type"] for placement in section["placements"]]


def test_every_start_is_on_the_given_type_by_default(resolve):
    run = resolve()

    assert run["training"]["placements"] == [
        {
            "instance_type": "ml.c5.xlarge",
            "is_last": is_last,
            "use_spot": False,
            "stopping_condition": ON_DEMAND,
        }
        for is_last in (False, False, False, True)
    ]
    assert run["transform"]["placements"] == [
        {"instance_type": "ml.c5.xlarge", "is_last": is_last}
        for is_last in (False, False, False, True)
    ]


def test_after_spot_comes_on_demand_then_the_fallbacks(resolve):
    training = resolve(
        training={
            "instance_type": "ml.m5.large",
            "use_spot": True,
            "max_runtime_seconds": 600,
            "fallback_instance_types": ["ml.c5.xlarge", "ml.m5.xlarge"],
            "max_restarts": 4,
        }
    )["training"]

    assert types(training) == [
        "ml.m5.large",
        "ml.m5.large",
        "ml.c5.xlarge",
        "ml.m5.xlarge",
        "ml.m5.xlarge",
    ]
    assert [placement["use_spot"] for placement in training["placements"]] == [True] + [False] * 4
    assert training["placements"][0]["stopping_condition"] == {
        "MaxRuntimeInSeconds": 600,
        "MaxWaitTimeInSeconds": 1200,
    }
    # SageMaker refuses a time to wait for a job that is not spot.
    assert all(
        placement["stopping_condition"] == {"MaxRuntimeInSeconds": 600}
        for placement in training["placements"][1:]
    )


def test_a_transform_falls_back_too(resolve):
    transform = resolve(transform={"fallback_instance_types": ["ml.m5.xlarge"], "max_restarts": 2})[
        "transform"
    ]

    assert types(transform) == ["ml.c5.xlarge", "ml.m5.xlarge", "ml.m5.xlarge"]


@pytest.mark.parametrize("use_spot", [False, True])
def test_no_restart_leaves_one_start(resolve, use_spot):
    training = resolve(training={"use_spot": use_spot, "max_restarts": 0})["training"]

    assert [placement["use_spot"] for placement in training["placements"]] == [use_spot]
    assert training["placements"][0]["is_last"]


def test_a_fallback_for_every_restart_is_allowed(resolve):
    training = resolve(
        training={
            "use_spot": True,
            "max_restarts": 2,
            "fallback_instance_types": ["ml.m5.xlarge"],
        }
    )["training"]

    assert types(training) == ["ml.c5.xlarge", "ml.c5.xlarge", "ml.m5.xlarge"]


def test_fallbacks_that_no_restart_is_left_for_are_refused(resolve):
    with pytest.raises(InvalidInputError) as caught:
        resolve(
            training={
                "use_spot": True,
                "max_restarts": 1,
                "fallback_instance_types": ["ml.m5.xlarge"],
            },
            transform={"max_restarts": 0, "fallback_instance_types": ["ml.m5.xlarge"]},
        )

    assert str(caught.value) == (
        "execution input: 2 problems: (1) training.fallback_instance_types: expected a restart for "
        "each after the one that goes from spot to on demand, found 1 and training.max_restarts 1; "
        "name fewer types, or set training.max_restarts to 2; (2) "
        "transform.fallback_instance_types: expected a restart for each, found 1 and "
        "transform.max_restarts 0; name fewer types, or set transform.max_restarts to 1"
    )


@pytest.mark.parametrize("max_restarts", [-1, 10, 1.5, "3", None])
def test_a_number_of_restarts_that_is_none_is_refused(resolve, max_restarts):
    with pytest.raises(InvalidInputError, match=r"training\.max_restarts: expected"):
        resolve(training={"max_restarts": max_restarts})


def test_a_fallback_that_is_no_instance_type_is_named(resolve):
    with pytest.raises(
        InvalidInputError,
        match=r"transform\.fallback_instance_types\.1: expected a SageMaker instance type",
    ):
        resolve(transform={"fallback_instance_types": ["ml.m5.xlarge", "m5.xlarge"]})
