import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import PredictionsError
from recommender.metrics import ColdStarts, ProbabilityErrors, RatingErrors

TRUTHS = np.array([1.0, 2.0, 3.0, 4.0])
PREDICTIONS = np.array([1.0, 4.0, 3.0, 3.0])
KINDS = [RatingErrors, ProbabilityErrors]
MEANS = [
    (RatingErrors, "mse"),
    (RatingErrors, "rmse"),
    (RatingErrors, "mae"),
    (ProbabilityErrors, "accuracy"),
    (ProbabilityErrors, "log_loss"),
]


def errors(kind, *blocks):
    found = kind()
    for truths, predictions in blocks:
        found.add(np.array(truths), np.array(predictions))
    return found


def test_known_answers_of_a_regressor():
    found = errors(RatingErrors, (TRUTHS, PREDICTIONS))

    assert found.n == 4
    assert found.mse == pytest.approx(1.25)
    assert found.rmse == pytest.approx(math.sqrt(1.25))
    assert found.mae == pytest.approx(0.75)


def test_known_answers_of_a_classifier():
    truths, probabilities = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.8, 0.4, 0.5, 0.5])

    found = errors(ProbabilityErrors, (truths, probabilities))

    assert found.n == 4
    assert found.accuracy == 0.75
    expected = -(math.log(0.8) + math.log(0.6) + math.log(0.5) + math.log(0.5)) / 4
    assert found.log_loss == pytest.approx(expected)


def test_a_wrong_certainty_costs_much_but_not_everything():
    assert 15 < errors(ProbabilityErrors, ([1.0], [0.0])).log_loss < 17
    assert errors(ProbabilityErrors, ([1.0], [1.0])).log_loss < 1e-6


@settings(max_examples=50, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.floats(0, 1)), min_size=1),
    seed=st.integers(0, 1000),
    bounds=st.sets(st.integers(0, 20)),
)
@pytest.mark.parametrize(("kind", "name"), MEANS)
def test_neither_the_order_of_rows_nor_blocks_matter(kind, name, pairs, seed, bounds):
    truths, predictions = np.array(pairs).T
    order = np.random.default_rng(seed).permutation(len(pairs))
    cuts = sorted(bounds)
    blocks = zip(np.split(truths[order], cuts), np.split(predictions[order], cuts), strict=True)

    whole = getattr(errors(kind, (truths, predictions)), name)
    assert getattr(errors(kind, *blocks), name) == pytest.approx(whole, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("truths", "predictions", "message"),
    [
        ([1.0], [1.0, 2.0], r"shapes \(2,\) and \(1,\)"),
        ([[1.0]], [[1.0]], "shapes"),
        ([1.0, 1.0], [0.5, math.nan], "row 3: expected finite numbers"),
        ([math.inf], [0.5], "row 2: expected finite numbers"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_row(kind, truths, predictions, message):
    found = errors(kind, ([1.0, 0.0], [0.5, 0.5]))
    with pytest.raises(PredictionsError, match=message):
        found.add(np.array(truths), np.array(predictions))


@pytest.mark.parametrize(("kind", "name"), MEANS)
def test_there_is_no_mean_of_nothing(kind, name):
    with pytest.raises(PredictionsError, match="at least one prediction"):
        getattr(errors(kind, ([], [])), name)


@pytest.mark.parametrize("given_", [1.5, -0.1])
def test_what_is_no_probability_is_refused(given_):
    found = errors(ProbabilityErrors, ([1.0], [0.5]))
    with pytest.raises(PredictionsError, match=f"row 2: .* between 0 and 1, found {given_}; was"):
        found.add(np.array([1.0, 1.0]), np.array([0.5, given_]))


def test_cold_starts_are_distinct_customers_videos_and_rows():
    cold = ColdStarts(4, 6)
    cold.learn(np.array([0, 1]), np.array([0, 1]))
    cold.add(np.array([0, 2]), np.array([0, 0]))
    cold.add(np.array([2, 1, 3]), np.array([5, 5, 1]))

    assert (cold.customers, cold.videos, cold.rows) == (2, 1, 4)
