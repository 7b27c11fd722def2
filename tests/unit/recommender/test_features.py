import numpy as np
import pytest

from recommender.features import one_hot


def test_one_hot_sets_the_customer_s_and_the_video_s_column():
    features = one_hot(np.array([0, 2, 1]), np.array([1, 0, 1]), n_users=3, n_items=2)

    assert features.dtype == np.float32
    assert features.toarray().tolist() == [
        [1, 0, 0, 0, 1],
        [0, 0, 1, 1, 0],
        [0, 1, 0, 0, 1],
    ]


@pytest.mark.parametrize(("user", "item"), [(3, 0), (0, 2), (-1, 0), (0, -1)])
def test_an_index_out_of_range_is_refused(user, item):
    with pytest.raises(ValueError, match="out of range for 3 customers and 2 videos"):
        one_hot(np.array([user]), np.array([item]), n_users=3, n_items=2)


def test_no_ratings_make_no_rows():
    empty = np.array([], dtype=np.int64)

    assert one_hot(empty, empty, n_users=3, n_items=2).shape == (0, 5)
