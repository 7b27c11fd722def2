import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import metrics
from recommender.errors import PredictionsError

TRUTHS = np.array([1.0, 2.0, 3.0, 4.0])
PREDICTIONS = np.array([1.0, 4.0, 3.0, 3.0])


def test_known_answers_of_a_regressor():
    assert metrics.mse(TRUTHS, PREDICTIONS) == pytest.approx(1.25)
    assert metrics.rmse(TRUTHS, PREDICTIONS) == pytest.approx(math.sqrt(1.25))
    assert metrics.mae(TRUTHS, PREDICTIONS) == pytest.approx(0.75)


def test_known_answers_of_a_classifier():
    truths, probabilities = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.8, 0.4, 0.5, 0.5])

    assert metrics.accuracy(truths, probabilities) == 0.75
    expected = -(math.log(0.8) + math.log(0.6) + math.log(0.5) + math.log(0.5)) / 4
    assert metrics.log_loss(truths, probabilities) == pytest.approx(expected)


def test_a_wrong_certainty_costs_much_but_not_everything():
    loss = metrics.log_loss(np.array([1.0]), np.array([0.0]))

    assert 15 < loss < 17
    assert metrics.log_loss(np.array([1.0]), np.array([1.0])) < 1e-6


@settings(max_examples=50, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.floats(0, 1)), min_size=1),
    seed=st.integers(0, 1000),
)
@pytest.mark.parametrize("name", ["mse", "rmse", "mae", "accuracy", "log_loss"])
def test_the_order_of_rows_does_not_matter(name, pairs, seed):
    truths, predictions = np.array(pairs).T
    order = np.random.default_rng(seed).permutation(len(pairs))
    metric = getattr(metrics, name)

    found = metric(truths[order], predictions[order])
    assert found == pytest.approx(metric(truths, predictions), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", ["mse", "rmse", "mae", "accuracy", "log_loss"])
@pytest.mark.parametrize(
    ("truths", "predictions", "message"),
    [
        ([1.0], [1.0, 2.0], r"shapes \(2,\) and \(1,\)"),
        ([[1.0]], [[1.0]], "shapes"),
        ([], [], "at least one prediction"),
        ([1.0, 1.0], [0.5, math.nan], "row 1: expected finite numbers"),
        ([math.inf], [0.5], "row 0: expected finite numbers"),
    ],
)
def test_what_cannot_be_compared_is_refused(name, truths, predictions, message):
    with pytest.raises(PredictionsError, match=message):
        getattr(metrics, name)(np.array(truths), np.array(predictions))


@pytest.mark.parametrize("given_", [1.5, -0.1])
def test_what_is_no_probability_is_refused(given_):
    with pytest.raises(PredictionsError, match="probabilities between 0 and 1"):
        metrics.log_loss(np.array([1.0]), np.array([given_]))


def test_cold_starts_are_distinct_customers_videos_and_rows():
    found = metrics.cold_starts(
        np.array([0, 1]), np.array([0, 1]), np.array([0, 2, 2, 1, 3]), np.array([0, 0, 5, 5, 1])
    )

    assert found == metrics.ColdStarts(customers=2, videos=1, rows=4)
