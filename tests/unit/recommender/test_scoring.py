import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender.features import one_hot
from recommender.model_artifact import FactorizationMachinesModel
from recommender.scoring import item_scores, probability, recommend, score

RNG = np.random.default_rng(0)
MODEL = FactorizationMachinesModel(
    bias=3.5,
    linear=RNG.normal(size=7).astype(np.float32),
    factors=RNG.normal(size=(7, 4)).astype(np.float32),
)
N_USERS, N_ITEMS = 3, 4


def by_definition(model: FactorizationMachinesModel, row: np.ndarray) -> float:
    """Equation 1 of Rendle 2010, with its double sum."""
    total = model.bias + float(row @ model.linear)
    for i in range(len(row)):
        for j in range(i + 1, len(row)):
            total += float(model.factors[i] @ model.factors[j]) * row[i] * row[j]
    return total


def test_scores_follow_the_definition():
    rows = RNG.normal(size=(10, 7)) * (RNG.random((10, 7)) < 0.5)
    rows[3] = 0

    found = score(MODEL, csr_matrix(rows))

    assert found.dtype == np.float32
    expected = [by_definition(MODEL, row) for row in rows]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_a_column_that_is_written_twice_counts_once_with_the_sum():
    twice = csr_matrix((np.array([1.0, 2.0]), np.array([2, 2]), np.array([0, 2])), shape=(1, 7))

    assert score(MODEL, twice)[0] == pytest.approx(score(MODEL, csr_matrix(twice.toarray()))[0])


def test_the_rows_are_not_changed():
    twice = csr_matrix((np.ones(2, np.float32), np.array([2, 2]), np.array([0, 2])), shape=(1, 7))
    score(MODEL, twice)

    assert twice.nnz == 2


def test_rows_of_another_width_are_refused():
    with pytest.raises(ValueError, match="the model has 7 features, the rows have 6"):
        score(MODEL, csr_matrix((1, 6)))


@pytest.mark.parametrize("user_index", range(N_USERS))
def test_item_scores_are_the_scores_of_all_pairs(user_index):
    pairs = one_hot(
        np.full(N_ITEMS, user_index), np.arange(N_ITEMS), n_users=N_USERS, n_items=N_ITEMS
    )

    found = item_scores(MODEL, user_index, n_users=N_USERS)

    np.testing.assert_allclose(found, score(MODEL, pairs), rtol=1e-5, atol=1e-5)


def test_recommendations_are_the_best_unseen_videos():
    scores = item_scores(MODEL, 1, n_users=N_USERS)
    best = int(np.argmax(scores))

    videos, found = recommend(MODEL, 1, n_users=N_USERS, seen=np.array([best]), count=2)

    expected = sorted((i for i in range(N_ITEMS) if i != best), key=lambda i: -scores[i])[:2]
    assert videos.tolist() == expected
    assert found.tolist() == scores[expected].tolist()


def test_there_are_no_more_recommendations_than_unseen_videos():
    videos, _ = recommend(MODEL, 0, n_users=N_USERS, seen=np.array([0, 1, 2]), count=5)

    assert videos.tolist() == [3]


@pytest.mark.parametrize(("user_index", "n_users"), [(3, 3), (-1, 3), (0, 7)])
def test_a_customer_that_is_not_there_is_refused(user_index, n_users):
    with pytest.raises(ValueError, match="expected user_index below n_users"):
        item_scores(MODEL, user_index, n_users=n_users)


def test_probabilities_are_logistic_and_do_not_overflow():
    found = probability(np.array([0.0, 2.0, -2.0, 500.0, -500.0], dtype=np.float32))

    expected = [0.5, 1 / (1 + np.exp(-2.0)), 1 / (1 + np.exp(2.0)), 1.0, 0.0]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float32
