import pytest

from embedded_aws.sagemaker.completion import is_complete, not_improving


@pytest.mark.parametrize(
    ("objectives", "expected"),
    [
        ([], 0),
        ([1.0], 0),
        ([1.0, 0.9], 0),
        ([1.0, 0.995], 1),  # half a percent
        ([1.0, 0.99], 0),  # one percent exactly
        ([1.0, 1.1, 1.2, 0.9, 0.95], 1),
        ([1.0, 0.995, 0.988], 2),  # against the best so far, not against the last improvement
        ([-1.0, -1.005, -1.1], 0),
        ([0.0, 0.0], 1),
    ],
)
def test_trials_since_the_last_improvement_by_a_percent(
    objectives: list[float], expected: int
) -> None:
    assert not_improving(objectives, "Minimize") == expected
    assert not_improving([-objective for objective in objectives], "Maximize") == expected


@pytest.mark.parametrize(
    ("objective_type", "objectives", "expected"),
    [
        ("Minimize", [], False),
        ("Minimize", [0.6, 0.51], False),
        ("Minimize", [0.6, 0.5, 0.7], True),
        ("Maximize", [0.4, 0.49], False),
        ("Maximize", [0.4, 0.5, 0.1], True),
    ],
)
def test_a_target_is_met_by_any_trial(
    objective_type: str, objectives: list[float], expected: bool
) -> None:
    criteria = {"TargetObjectiveMetricValue": 0.5}

    assert is_complete(criteria, objectives, objective_type) == expected


def test_a_target_of_zero_is_a_target() -> None:
    assert is_complete({"TargetObjectiveMetricValue": 0.0}, [-1.0], "Minimize")
    assert not is_complete({"TargetObjectiveMetricValue": 0.0}, [1.0], "Minimize")


def test_trials_that_do_not_improve_are_enough_when_there_are_as_many_as_allowed() -> None:
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}

    assert not is_complete(criteria, [1.0, 1.0, 1.0], "Minimize")
    assert is_complete(criteria, [1.0, 1.0, 1.0, 1.0], "Minimize")


def test_without_criteria_nothing_is_complete() -> None:
    assert not is_complete({}, [1.0] * 50, "Minimize")
