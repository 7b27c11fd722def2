import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import tables

# Surrogates cannot be written as UTF-8, and the readers never make them.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=25, deadline=None)
@given(ids=st.lists(TEXTS.filter(bool), min_size=1, max_size=20), titles=st.data())
def test_any_id_and_title_survive(ids, titles):
    drawn = [titles.draw(st.none() | TEXTS.filter(bool)) for _ in ids]
    frame = pd.DataFrame(
        {
            "item_index": np.arange(len(ids)),
            "video_id": pd.Series(ids, dtype="str"),
            "title": pd.Series(drawn, dtype="str"),
        }
    )

    pd.testing.assert_frame_equal(tables.parse_videos(tables.format_videos(frame)), frame)


def test_awkward_ids_stay_text():
    ids = ["NA", "007", "1e5", " x ", 'say "hi"', "a,b", "line\r\nbreak", "nan"]
    frame = pd.DataFrame({"user_index": range(len(ids)), "customer_id": ids})

    assert tables.parse_customers(tables.format_customers(frame))["customer_id"].tolist() == ids


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**40),
            st.floats(0.5, 5.0, width=32),
            st.none() | st.integers(-(2**40), 2**40),
        ),
        min_size=1,
    )
)
def test_ratings_survive_exactly(rows):
    index, rating, timestamp = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {
            "user_index": index,
            "item_index": index,
            "rating": pd.Series(rating, dtype="float32"),
            "timestamp": pd.Series(timestamp, dtype="Int64"),
        }
    )

    pd.testing.assert_frame_equal(tables.parse_ratings(tables.format_ratings(frame)), frame)


def test_the_same_table_gives_the_same_bytes():
    frame = pd.DataFrame({"user_index": [0], "customer_id": ["a"]})
    content = tables.format_customers(frame)

    assert content == tables.format_customers(frame)
    assert content[4:8] == bytes(4)  # gzip's time of writing
