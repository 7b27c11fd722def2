import numpy as np
import pytest

from recommender.baselines import fit_bias_baseline
from recommender.tables import RatingsColumns
from tests.planted import plant
from tests.rating_tables import indexed


def columns(users, items, ratings):
    index = (np.asarray(users, np.int32), np.asarray(items, np.int32))
    return RatingsColumns(*index, np.asarray(ratings, np.float32), None)


def rmse(truths, predictions):
    return np.sqrt(np.mean(np.square(truths - predictions)))


def plain_als(users, items, ratings, n_users, n_items):
    """Surprise's BaselineOnly, written as its documentation says it."""
    mean = sum(ratings) / len(ratings)
    customer, video = [0.0] * n_users, [0.0] * n_items
    triples = list(zip(users, items, ratings, strict=True))
    for _ in range(10):
        for i in range(n_items):
            own = [(u, r) for u, item, r in triples if item == i]
            video[i] = sum(r - mean - customer[u] for u, r in own) / (10 + len(own))
        for u in range(n_users):
            own = [(i, r) for user, i, r in triples if user == u]
            customer[u] = sum(r - mean - video[i] for i, r in own) / (15 + len(own))
    return mean, customer, video


def test_biases_are_those_of_plain_alternating_least_squares():
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 8, 100), rng.integers(0, 5, 100)
    ratings = rng.integers(1, 6, 100).astype(np.float64)

    fitted = fit_bias_baseline(
        [columns(users[rows], items[rows], ratings[rows]) for rows in (slice(30), slice(30, None))],
        n_users=9,
        n_items=6,
    )

    mean, customer, video = plain_als(users, items, ratings, 9, 6)
    assert fitted.mean == pytest.approx(mean)
    np.testing.assert_allclose(fitted.customer_bias, customer, atol=1e-12)
    np.testing.assert_allclose(fitted.video_bias, video, atol=1e-12)


def test_whoever_is_unknown_gets_the_mean():
    fitted = fit_bias_baseline([columns([0], [0], [4.0])], n_users=2, n_items=2)

    assert fitted.predict(np.array([1]), np.array([1])).tolist() == [4.0]


def test_planted_interactions_are_beyond_biases():
    planted = plant()
    frame = indexed(planted.frame)
    users, items = frame["user_index"].to_numpy(), frame["item_index"].to_numpy()
    ratings = frame["rating"].to_numpy()
    train = np.arange(len(frame)) % 5 > 0

    fitted = fit_bias_baseline(
        [columns(users[train], items[train], ratings[train])], n_users=200, n_items=100
    )

    by_bias = rmse(ratings[~train], fitted.predict(users[~train], items[~train]))
    by_mean = rmse(ratings[~train], np.full((~train).sum(), fitted.mean))
    assert planted.optimum_rmse < 0.5 * by_bias
    assert by_bias < 0.95 * by_mean


def test_planted_biases_are_found():
    rng = np.random.default_rng(1)
    customer, video = rng.normal(0, 0.5, 100), rng.normal(0, 0.5, 50)
    users, items = np.repeat(np.arange(100), 50), np.tile(np.arange(50), 100)
    ratings = 3 + customer[users] + video[items]

    fitted = fit_bias_baseline([columns(users, items, ratings)], n_users=100, n_items=50)

    errors = fitted.predict(users, items) - ratings
    assert np.sqrt(np.mean(errors**2)) < 0.15
    assert np.corrcoef(fitted.customer_bias, customer)[0, 1] > 0.99
