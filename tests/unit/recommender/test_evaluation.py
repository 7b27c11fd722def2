import numpy as np
import pandas as pd
import pytest

from recommender.comparison import AcceptedModel, compare
from recommender.evaluation import (
    QualityGate,
    classifier_metrics,
    judge,
    label,
    regressor_metrics,
)

TRAIN = pd.DataFrame({"user_index": [0, 0, 1], "item_index": [0, 1, 0], "rating": [5.0, 3.0, 4.0]})
TEST = pd.DataFrame({"user_index": [1, 2], "item_index": [1, 2], "rating": [4.0, 2.0]})


def test_a_regressor_is_compared_with_both_baselines():
    found = regressor_metrics(TRAIN, TEST, np.array([4.0, 3.0]), n_users=3, n_items=3)

    assert found["mse"] == 0.5
    assert found["rmse"] == pytest.approx(0.5**0.5)
    assert found["mae"] == 0.5
    assert found["global_mean_rmse"] == pytest.approx(2.0**0.5)
    # Video 1 is a little below the mean, by shrunken biases; customer 2 and video 2 are unknown.
    assert found["bias_baseline_rmse"] == pytest.approx(2.0**0.5, abs=0.01)
    assert found["bias_baseline_rmse"] != found["global_mean_rmse"]
    assert (found["n_test"], found["cold_customers"], found["cold_videos"]) == (2, 1, 1)
    assert found["cold_rows"] == 1


def test_a_classifier_is_compared_with_the_majority_and_the_prior():
    found = classifier_metrics(TRAIN, TEST, np.array([0.9, 0.4]), positive_rating=4.0)

    assert found["accuracy"] == 1.0
    assert found["log_loss"] == pytest.approx(-(np.log(0.9) + np.log(0.6)) / 2)
    assert found["majority_accuracy"] == 0.5
    assert found["prior_log_loss"] == pytest.approx(-(np.log(2 / 3) + np.log(1 / 3)) / 2)
    assert found["n_test"] == 2


def test_labels_are_the_ratings_or_whether_they_are_good_enough():
    ratings = np.array([3.5, 4.0, 5.0])

    assert label(ratings, None).tolist() == [3.5, 4.0, 5.0]
    assert label(ratings, 4.0).tolist() == [0.0, 1.0, 1.0]
    assert label(ratings, 4.0).dtype == np.float32


def judged(found, gate):
    """Judge the first model there is."""
    return judge(found, gate, compare(found, None, limit=1.0))


GOOD = {"rmse": 0.9, "global_mean_rmse": 1.1, "bias_baseline_rmse": 0.95}


@pytest.mark.parametrize(
    ("changes", "max_rmse", "n_reasons"),
    [
        ({}, None, 0),
        ({}, 0.9, 0),
        ({}, 0.89, 1),
        ({"rmse": 0.95}, None, 1),  # as good as a baseline is not better
        ({"rmse": 1.2}, None, 2),
        ({"rmse": 1.2}, 1.0, 3),
        ({"rmse": float("nan")}, 1.0, 3),
    ],
)
def test_a_regressor_must_beat_both_baselines_and_the_limit(changes, max_rmse, n_reasons):
    outcome, reasons = judged(GOOD | changes, QualityGate(True, max_rmse))

    assert len(reasons) == n_reasons
    assert outcome == ("rejected" if n_reasons else "accepted")


def test_reasons_carry_the_numbers():
    _, reasons = judged(GOOD | {"rmse": 1.0}, QualityGate(True, 0.8))

    assert reasons == [
        "rmse 1.0000 is not below bias_baseline_rmse 0.9500",
        "rmse 1.0000 is above max_rmse 0.8",
    ]


def test_a_gate_that_asks_for_nothing_accepts_everything():
    assert judged(GOOD | {"rmse": 9.0}, QualityGate(False, None)) == ("accepted", [])


@pytest.mark.parametrize(
    ("accuracy", "log_loss", "n_reasons"),
    [(0.7, 0.5, 0), (0.6, 0.5, 1), (0.7, 0.6, 1), (0.5, 0.7, 2)],
)
def test_a_classifier_must_beat_the_majority_and_the_prior(accuracy, log_loss, n_reasons):
    found = {
        "accuracy": accuracy,
        "log_loss": log_loss,
        "majority_accuracy": 0.6,
        "prior_log_loss": 0.6,
    }

    assert len(judged(found, QualityGate(True, None))[1]) == n_reasons


def test_the_comparison_is_a_condition_beside_the_others():
    accepted = AcceptedModel("earlier", {"rmse": 0.5})
    comparison = compare(GOOD, accepted, limit=1.0)

    outcome, reasons = judge(GOOD, QualityGate(True, 0.8), comparison)

    assert outcome == "rejected"
    assert reasons == ["rmse 0.9000 is above max_rmse 0.8", comparison.reason_to_reject]
