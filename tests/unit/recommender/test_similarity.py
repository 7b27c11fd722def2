"""Cosines of factors, where the answer is known."""

import numpy as np
import pytest

from recommender.model_artifact import FactorizationMachinesModel
from recommender.similarity import cosines


def model(factors) -> FactorizationMachinesModel:
    table = np.array(factors, dtype=np.float32)
    return FactorizationMachinesModel(3.0, np.arange(len(table), dtype=np.float32), table)


def test_length_and_linear_weight_do_not_matter_direction_does():
    found = cosines(model([[9, 9], [1, 0], [5, 0], [0, 3], [-2, 0], [1, 1], [0, 0]]), 0, n_users=1)

    assert found == pytest.approx([1, 1, 0, -1, 0.5**0.5, 0])
    assert found.dtype == np.float32


def test_it_is_symmetric_and_bounded():
    random = model(np.random.default_rng(3).normal(size=(60, 7)))
    table = np.array([cosines(random, item, n_users=10) for item in range(50)])

    np.testing.assert_allclose(table, table.T, atol=1e-6)
    np.testing.assert_allclose(np.diag(table), 1.0, atol=1e-6)
    assert np.abs(table).max() <= 1.0


def test_factors_of_nothing_are_similar_to_nothing():
    assert cosines(model([[1, 0], [0, 0], [2, 0]]), 1 - 1, n_users=1).tolist() == [0, 0]


@pytest.mark.parametrize("item", [-1, 2])
def test_unknown_videos_are_refused(item):
    with pytest.raises(ValueError, match="expected item_index from 0 to 1"):
        cosines(model([[1, 0], [0, 0], [2, 0]]), item, n_users=1)
