"""The planted ratings, and MovieLens-100K's splits, on lines made for it."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.training.ratings import Ratings, movielens, official_split, planted


def numbered(n_rows: int) -> Ratings:
    """Ratings whose customers tell their rows."""
    rows = np.arange(n_rows, dtype=np.int32)
    return Ratings(rows, np.zeros_like(rows), np.ones(n_rows, np.float32), n_rows, 1)


@pytest.mark.parametrize(
    ("number", "expected"), [(1, [0, 1]), (2, [2, 3]), (3, [4, 5]), (4, [6, 7]), (5, [8, 9])]
)
def test_a_split_tests_its_block_of_lines(number: int, expected: list[int]) -> None:
    split = official_split(numbered(10), number, seed=0, test_rows=2)

    assert split.test.customers.tolist() == expected
    assert sorted(split.train.customers.tolist()) == [i for i in range(10) if i not in expected]


def test_a_block_has_20000_lines() -> None:
    split = official_split(numbered(100_000), 5, seed=0)

    assert split.test.customers.tolist() == list(range(80_000, 100_000))
    assert len(split.train) == 80_000


def test_training_rows_are_shuffled_by_the_seed() -> None:
    one, again, other = (
        official_split(numbered(1000), 1, seed=seed, test_rows=200).train.customers.tolist()
        for seed in (1, 1, 2)
    )

    assert one == again
    assert one != other
    assert one != sorted(one)


@pytest.mark.parametrize("number", [0, 6])
def test_a_split_that_is_not_there_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"u{number}: expected"):
        official_split(numbered(10), number, seed=0, test_rows=2)


def test_movielens_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ml-100k.inter"
    path.write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        "7\t2\t3\t881250949\n1\t9\t5\t891717742\n3\t2\t1\t878887116\n"
    )

    ratings = movielens(path)

    assert ratings.customers.tolist() == [6, 0, 2]
    assert ratings.videos.tolist() == [1, 8, 1]
    assert ratings.stars.tolist() == [3, 5, 1]
    assert (ratings.n_customers, ratings.n_videos) == (7, 9)


def test_features_are_one_hot_customers_first() -> None:
    ratings = Ratings(
        np.array([1, 0], np.int32), np.array([0, 2], np.int32), np.ones(2, np.float32), 2, 3
    )

    assert ratings.features().toarray().tolist() == [[0, 1, 1, 0, 0], [1, 0, 0, 0, 1]]


def test_planted_ratings_have_a_long_tail_and_a_limit() -> None:
    split = planted(20_000)

    assert (len(split.train), len(split.test)) == (20_000, 2_000)
    assert (split.train.n_customers, split.train.n_videos) == (4_000, 400)
    assert set(split.train.stars.tolist()) == {1, 2, 3, 4, 5}
    rows = np.sort(np.bincount(split.train.videos, minlength=400))
    assert rows[-40:].sum() > 0.5 * rows.sum()  # a tenth has more than half
    # Noise of 0.6 and rounding's 1/12 make 0.66; clipping takes some away.
    assert split.limit_rmse is not None
    assert 0.58 < split.limit_rmse < 0.67 < 0.8 * split.test.stars.std()


def test_planted_ratings_are_the_same_every_time() -> None:
    one, again = planted(1000).train, planted(1000).train

    assert np.array_equal(one.columns(), again.columns())
    assert np.array_equal(one.stars, again.stars)
