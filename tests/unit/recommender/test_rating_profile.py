"""Distribution of ratings and the long tail of planted ones."""

import numpy as np
import pytest

from recommender.rating_profile import MAX_VALUES, RatingProfile, long_tail


def test_profile_counts_pieces():
    profile = RatingProfile(3, 2)
    profile.add(np.array([0, 0]), np.array([1, 0]), np.array([4.0, 5.0], np.float32))
    profile.add(np.array([2]), np.array([1]), np.array([4.0], np.float32))

    assert profile.n == 3
    assert profile.per_user.tolist() == [2, 0, 1]
    assert profile.per_item.tolist() == [1, 2]
    assert profile.values == [(4.0, 2), (5.0, 1)]
    assert (profile.low, profile.high) == (4.0, 5.0)


def test_many_different_ratings_are_rounded_and_none_is_lost():
    profile = RatingProfile(1, 1)
    ratings = np.linspace(0.0, 10.0, 500)
    profile.add(np.zeros(500, np.int32), np.zeros(500, np.int32), ratings)

    assert len(profile.values) == MAX_VALUES
    assert sum(count for _, count in profile.values) == 500
    assert profile.values[0][0] == 0.0


def test_unknown_index_is_refused():
    with pytest.raises(ValueError, match="broadcast"):
        RatingProfile(1, 1).add(np.array([1]), np.array([0]), np.array([3.0]))


def test_long_tail_gives_the_share_of_the_most_rated():
    curve = long_tail(np.array([1, 6, 1, 2, 0]), points=5)

    assert curve == [(0, 0), (0.2, 0.6), (0.4, 0.8), (0.6, 0.9), (0.8, 1.0), (1.0, 1.0)]


def test_long_tail_of_nothing_is_no_curve():
    assert long_tail(np.zeros(3, np.int64)) == []
