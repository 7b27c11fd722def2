"""Distribution of ratings and the long tail of planted ones."""

import json

import numpy as np
import pytest

from recommender.rating_profile import MAX_VALUES, RatingDistribution, RatingProfile


def profile_of(videos: list[int], ratings: list[float], *, n_videos: int = 5) -> RatingProfile:
    found = RatingProfile(n_videos)
    found.add(np.array(videos), np.array(ratings, np.float32))
    return found


def test_profile_counts_pieces():
    pieces = profile_of([1, 0], [4.0, 5.0])
    pieces.add(np.array([1]), np.array([4.0], np.float32))

    for profile in (pieces, profile_of([1], [4.0]) + profile_of([0, 1], [5.0, 4.0])):
        found = profile.distribution()
        assert profile.per_video.tolist() == [1, 2, 0, 0, 0]
        assert (found.n_ratings, found.n_videos) == (3, 2)  # three have no rating
        assert found.values == ((4.0, 2), (5.0, 1))
        assert (found.low, found.high, found.step) == (4.0, 5.0, 0.0)
        assert found.mean == pytest.approx(13 / 3)


def test_many_different_ratings_are_rounded_and_none_is_lost():
    ratings = np.linspace(0.0, 10.0, 500)
    found = profile_of([0] * 500, ratings.tolist()).distribution()

    assert len(found.values) == MAX_VALUES
    assert sum(count for _, count in found.values) == 500
    assert found.values[0][0] == 0.0
    assert found.values[-1][0] == 10.0
    assert found.step == pytest.approx(10 / 49)


def test_some_of_the_ratings_are_rounded_as_all_of_them_were():
    ratings = np.linspace(0.0, 10.0, 500)
    all_of_them = profile_of([0] * 500, ratings.tolist()).distribution()

    some = profile_of([0] * 100, ratings[200:300].tolist()).distribution(like=all_of_them)

    assert {value for value, _ in some.values} < {value for value, _ in all_of_them.values}
    assert sum(count for _, count in some.values) == 100
    assert (some.low, some.high) == (round(ratings[200], 2), round(ratings[299], 2))


def test_unknown_video_is_refused():
    with pytest.raises(ValueError, match="broadcast"):
        profile_of([1], [3.0], n_videos=1)


def test_long_tail_gives_what_the_most_rated_have():
    found = profile_of([0, 1, 1, 1, 1, 1, 1, 2, 3, 3], [3.0] * 10).distribution()

    assert found.tail == ((0, 0), (1, 6), (2, 8), (3, 9), (4, 10))


def test_long_tail_of_many_videos_is_short():
    found = profile_of(list(range(1000)), [3.0] * 1000, n_videos=1000).distribution()

    assert found.tail == tuple((50 * step, 50 * step) for step in range(21))


def test_nothing_has_a_distribution():
    found = RatingProfile(3).distribution()

    assert (found.n_ratings, found.values, found.tail, found.mean) == (0, (), ((0, 0),), 0.0)


def test_document_is_read_back():
    found = profile_of([0, 1, 1], [1.0, 2.5, 4.0]).distribution()

    assert RatingDistribution.from_document(json.loads(json.dumps(found.document()))) == found
