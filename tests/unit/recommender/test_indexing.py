import numpy as np

from recommender.indexing import build_index
from tests import planted
from tests.rating_tables import Rating, frame_table, ids_of, table_of

FRAME = planted.plant().frame


def index_of(table):
    """Number all customers and videos of a table."""
    return build_index(
        table, np.ones(len(table.customers), np.int64), np.ones(len(table.videos), np.int64)
    )


def test_indices_are_contiguous_and_follow_the_ids_whatever_the_order():
    index = index_of(frame_table(FRAME))
    shuffled = index_of(frame_table(FRAME.sample(frac=1.0, random_state=3)))

    assert (index.n_users, index.n_items, index.feature_dim) == (200, 100, 300)
    customers, videos = ids_of(index)
    assert customers == sorted(set(FRAME["customer_id"]))
    assert videos == sorted(set(FRAME["video_id"]))
    assert ids_of(shuffled) == (customers, videos)


def test_an_applied_index_leads_back_to_the_ids():
    table = frame_table(FRAME)
    index = index_of(table)

    rows = [index.apply(chunk) for chunk in table.chunks()]

    customers, videos = ids_of(index)
    found = [customers[at] for chunk in rows for at in chunk.customer]
    assert found == FRAME["customer_id"].tolist()
    assert [videos[at] for chunk in rows for at in chunk.video] == FRAME["video_id"].tolist()


def test_ids_of_other_alphabets_and_lengths_are_sorted_by_code_point():
    names = ["b", "a", "aa", "Z", "é", "羅生門", "a" * 60, "10", "9", "~", "a\x7f", "🎬"]

    index = index_of(table_of([Rating(name, "v" + name) for name in names]))

    assert ids_of(index)[0] == sorted(names)
    assert ids_of(index)[1] == sorted("v" + name for name in names)


def test_a_title_that_is_missing_somewhere_is_taken_from_elsewhere():
    rows = [
        Rating("a", "x"),
        Rating("b", "x", title="Known"),
        Rating("c", "x", title="Later"),
        Rating("c", "y"),
    ]

    ((ids, titles),) = index_of(table_of(rows)).video_ids()

    assert dict(zip(ids, titles, strict=True)) == {"x": "Known", "y": None}
