import numpy as np
import pandas as pd
import pytest

from recommender.features import apply_index, build_index, one_hot
from tests import planted


def test_indices_are_contiguous_and_follow_the_ids_whatever_the_order():
    frame = planted.plant().frame
    index = build_index(frame)
    shuffled = build_index(frame.sample(frac=1.0, random_state=3))

    assert index.customers["user_index"].tolist() == list(range(200))
    assert index.videos["item_index"].tolist() == list(range(100))
    assert index.customers["customer_id"].is_monotonic_increasing
    assert index.videos["video_id"].is_monotonic_increasing
    assert index.feature_dim == 300
    pd.testing.assert_frame_equal(index.customers, shuffled.customers)
    pd.testing.assert_frame_equal(index.videos, shuffled.videos)


def test_an_applied_index_leads_back_to_the_ids():
    frame = planted.plant().frame
    index = build_index(frame)

    indexed = apply_index(frame, index)

    customers = index.customers["customer_id"].to_numpy()[indexed["user_index"]]
    videos = index.videos["video_id"].to_numpy()[indexed["item_index"]]
    assert customers.tolist() == frame["customer_id"].tolist()
    assert videos.tolist() == frame["video_id"].tolist()
    assert "user_index" not in frame


def test_a_title_that_is_missing_somewhere_is_taken_from_elsewhere():
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "video_id": ["x", "x", "y"],
            "title": pd.Series(["Known", None, None], dtype="str"),
        }
    )

    assert build_index(frame).videos["title"].fillna("none").tolist() == ["Known", "none"]


def test_an_index_that_lacks_an_id_is_refused():
    frame = planted.plant().frame

    with pytest.raises(ValueError, match="lacks a customer or video"):
        apply_index(frame.assign(video_id="new"), build_index(frame))


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
