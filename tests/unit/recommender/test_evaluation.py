from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.comparison import AcceptedModel, compare
from recommender.evaluation import (
    QualityGate,
    classifier_metrics,
    judge,
    label,
    regressor_metrics,
)
from recommender.kept_ratings import KeptRatings
from recommender.predictions import join
from recommender.tables import RatingsColumns


def columns(users, items, ratings):
    index = (np.asarray(users, np.int32), np.asarray(items, np.int32))
    return RatingsColumns(*index, np.asarray(ratings, np.float32), None)


TRAIN = columns([0, 0, 1], [0, 1, 0], [5.0, 3.0, 4.0])
TEST = columns([1, 2], [1, 2], [4.0, 2.0])


def test_a_regressor_is_compared_with_both_baselines():
    found = regressor_metrics([TRAIN], [(TEST, np.array([4.0, 3.0]))], n_users=3, n_items=3)

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
    test = [(TEST, np.array([0.9, 0.4]))]

    found = classifier_metrics([TRAIN], test, n_users=3, n_items=3, positive_rating=4.0)

    assert found["accuracy"] == 1.0
    assert found["log_loss"] == pytest.approx(-(np.log(0.9) + np.log(0.6)) / 2)
    assert found["majority_accuracy"] == 0.5
    assert found["prior_log_loss"] == pytest.approx(-(np.log(2 / 3) + np.log(1 / 3)) / 2)
    assert found["n_test"] == 2


N_USERS, N_ITEMS, N_TRAIN, N_TEST = 30, 12, 200, 90


@st.composite
def cuts(draw, n_rows):
    """Cut so many rows anywhere, into empty parts too."""
    bounds = draw(st.lists(st.integers(0, n_rows), max_size=8))
    edges = [0, *sorted(bounds), n_rows]
    return [slice(*edge) for edge in pairwise(edges)]


def planted(seed):
    """Ratings of a few videos and customers, some of which only the test split has."""
    rng = np.random.default_rng(seed)
    halves = rng.integers(2, 11, N_TRAIN + N_TEST) / 2
    users = rng.integers(0, N_USERS, N_TRAIN + N_TEST)
    items = rng.integers(0, N_ITEMS, N_TRAIN + N_TEST)
    users[:N_TRAIN] %= N_USERS - 5
    items[:N_TRAIN] %= N_ITEMS - 2
    whole = columns(users, items, halves)
    return whole[:N_TRAIN], whole[N_TRAIN:], rng.random(N_TEST)


def regressor_as_arrays(train, test, scores):
    """The whole arrays at once, written after the definitions."""
    users, items = train.user_index, train.item_index
    mean = train.rating.mean(dtype=np.float64)
    per_user = np.bincount(users, minlength=N_USERS) + 15
    per_item = np.bincount(items, minlength=N_ITEMS) + 10
    user_bias, item_bias = np.zeros(N_USERS), np.zeros(N_ITEMS)
    residual = train.rating - mean
    for _ in range(10):
        item_bias = np.bincount(items, residual - user_bias[users], N_ITEMS) / per_item
        user_bias = np.bincount(users, residual - item_bias[items], N_USERS) / per_user
    by_bias = mean + user_bias[test.user_index] + item_bias[test.item_index]
    squares = np.square(scores - test.rating)
    return {
        "rmse": np.sqrt(squares.mean()),
        "mse": squares.mean(),
        "mae": np.abs(scores - test.rating).mean(),
        "global_mean_rmse": np.sqrt(np.square(mean - test.rating).mean()),
        "bias_baseline_rmse": np.sqrt(np.square(by_bias - test.rating).mean()),
    }


def classifier_as_arrays(train, test, scores):
    truths, share = test.rating >= 4.0, (train.rating >= 4.0).mean()
    return {
        "accuracy": ((scores >= 0.5) == truths).mean(),
        "log_loss": -np.where(truths, np.log(scores), np.log(1 - scores)).mean(),
        "majority_accuracy": ((share >= 0.5) == truths).mean(),
        "prior_log_loss": -np.where(truths, np.log(share), np.log(1 - share)).mean(),
    }


def counts_as_arrays(train, test):
    cold_users = ~np.isin(test.user_index, train.user_index)
    cold_items = ~np.isin(test.item_index, train.item_index)
    return {
        "n_test": N_TEST,
        "cold_customers": len(np.unique(test.user_index[cold_users])),
        "cold_videos": len(np.unique(test.item_index[cold_items])),
        "cold_rows": int((cold_users | cold_items).sum()),
    }


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    train_cuts=cuts(N_TRAIN),
    test_cuts=cuts(N_TEST),
    score_cuts=cuts(N_TEST),
    memory_bytes=st.sampled_from([0, 1_000_000]),
    is_regressor=st.booleans(),
)
def test_any_cut_gives_what_whole_arrays_give(
    tmp_path_factory, seed, train_cuts, test_cuts, score_cuts, memory_bytes, is_regressor
):
    train, test, scores = planted(seed)
    parts = [train[rows] for rows in train_cuts]
    joined = join([test[rows] for rows in test_cuts], [scores[rows] for rows in score_cuts])
    sizes = {"n_users": N_USERS, "n_items": N_ITEMS}

    if is_regressor:
        folder = tmp_path_factory.getbasetemp()
        with KeptRatings(folder, n_ratings=N_TRAIN, memory_bytes=memory_bytes) as kept:
            kept.fill(parts)
            found = regressor_metrics(kept, joined, **sizes)
        expected = regressor_as_arrays(train, test, scores)
    else:
        found = classifier_metrics(iter(parts), joined, **sizes, positive_rating=4.0)
        expected = classifier_as_arrays(train, test, scores)

    counts = counts_as_arrays(train, test)
    assert counts["cold_customers"] > 0
    assert {name: found.pop(name) for name in counts} == counts
    assert found == pytest.approx(expected, rel=1e-12)


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
