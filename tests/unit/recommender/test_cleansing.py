import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.cleansing import CleansingRules, cleanse
from recommender.errors import EmptyRatingsError
from recommender.ratings import RatingsTable


def table_of(rows, rejected=None) -> RatingsTable:
    customers, videos, ratings, times = zip(*rows, strict=True) if rows else ([], [], [], [])
    frame = pd.DataFrame(
        {
            "customer_id": pd.Series(customers, dtype="str"),
            "video_id": pd.Series(videos, dtype="str"),
            "rating": pd.Series(ratings, dtype="float32"),
            "timestamp": pd.Series(times, dtype="Int64"),
            "title": pd.Series([None] * len(rows), dtype="str"),
        }
    )
    rejected = rejected or {}
    return RatingsTable(frame, len(rows) + sum(rejected.values()), rejected)


LENIENT = CleansingRules(1, 1, until_stable=False)


def test_the_latest_of_several_ratings_is_kept():
    result = cleanse(
        table_of(
            [
                ("a", "x", 1.0, 200),
                ("a", "x", 2.0, 300),
                ("a", "x", 3.0, 100),
                ("a", "y", 4.0, None),
                ("a", "y", 5.0, 50),
                ("b", "x", 1.5, 10),
                ("b", "x", 2.5, 10),
                ("c", "x", 3.5, None),
                ("c", "x", 4.5, None),
            ]
        ),
        LENIENT,
    )

    assert result.table.frame["rating"].tolist() == [2.0, 5.0, 2.5, 4.5]
    assert result.rejected == {
        "duplicate": 5,
        "below_customer_threshold": 0,
        "below_video_threshold": 0,
    }


def test_one_pass_counts_on_ratings_without_duplicates():
    rows = [
        *(("busy", video, 3.0, 1) for video in "xyz"),
        ("busy", "x", 4.0, 2),
        ("rare", "x", 3.0, 1),
        ("rare", "x", 3.0, 2),
        ("rare", "x", 3.0, 3),
        *(("other", video, 3.0, 1) for video in "xy"),
    ]

    result = cleanse(table_of(rows), CleansingRules(2, 2, until_stable=False))

    # "rare" rated one video; "z" was rated once.
    assert result.rejected == {
        "duplicate": 3,
        "below_customer_threshold": 1,
        "below_video_threshold": 1,
    }
    kept = result.table.frame[["customer_id", "video_id"]].to_numpy().tolist()
    assert kept == [["busy", "y"], ["busy", "x"], ["other", "x"], ["other", "y"]]


def test_a_row_below_both_thresholds_counts_for_the_customer():
    rows = [("a", "x", 1.0, 1), ("a", "y", 1.0, 1), ("b", "x", 1.0, 1), ("b", "y", 1.0, 1)]

    result = cleanse(
        table_of([*rows, ("c", "z", 1.0, 1)]), CleansingRules(2, 2, until_stable=False)
    )

    assert result.rejected["below_customer_threshold"] == 1
    assert result.rejected["below_video_threshold"] == 0


CHAIN = [
    *((c, v, 3.0, 1) for c in "abc" for v in "xyz"),
    ("d", "x", 3.0, 1),
    ("d", "w", 3.0, 1),
    ("e", "w", 3.0, 1),  # dropped first; then "w" is rare; then "d" is
]


def test_one_pass_may_leave_some_below_the_threshold():
    result = cleanse(table_of(CHAIN), CleansingRules(2, 2, until_stable=False))

    assert (result.table.frame["video_id"] == "w").sum() == 1


def test_until_stable_drops_until_the_thresholds_hold():
    result = cleanse(table_of(CHAIN), CleansingRules(2, 2, until_stable=True))

    assert set(result.table.frame["customer_id"]) == set("abc")
    assert result.rejected["below_customer_threshold"] == 2
    assert result.rejected["below_video_threshold"] == 1


def test_the_reader_s_reasons_are_carried_along():
    result = cleanse(table_of([("a", "x", 1.0, 1)], {"malformed": 4}), LENIENT)

    assert result.table.rejected["malformed"] == 4
    assert result.table.rows_read == 5
    assert "malformed" not in result.rejected


def test_a_filter_that_leaves_nothing_says_which_thresholds_did_it():
    with pytest.raises(EmptyRatingsError) as caught:
        cleanse(table_of([("a", "x", 1.0, 1), ("b", "x", 1.0, 1)]), CleansingRules(5, 10, False))

    message = str(caught.value)
    assert "leaves none of 2 ratings" in message
    assert "customers with at least 5 and videos with at least 10" in message
    assert "found at most 1 per customer and 2 per video" in message
    assert "filter.min_ratings_per_customer" in message


def test_no_ratings_at_all_leave_nothing():
    with pytest.raises(EmptyRatingsError, match="none of 0 ratings"):
        cleanse(table_of([]), LENIENT)


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.sampled_from("uvwxyz"),
        st.sampled_from([1.0, 2.0, 3.0]),
        st.none() | st.integers(0, 5),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=50, deadline=None)
@given(rows=ROWS, least=st.integers(1, 3), until_stable=st.booleans())
def test_nothing_gets_lost_and_the_input_stays(rows, least, until_stable):
    table = table_of(rows)
    before = table.frame.copy(deep=True)
    try:
        result = cleanse(table, CleansingRules(least, least, until_stable))
    except EmptyRatingsError:
        return

    kept = result.table.frame
    assert len(rows) == len(kept) + sum(result.rejected.values())
    assert not kept.duplicated(["customer_id", "video_id"]).any()
    pd.testing.assert_frame_equal(table.frame, before)
    if until_stable:
        assert kept["customer_id"].value_counts().min() >= least
        assert kept["video_id"].value_counts().min() >= least


@settings(max_examples=50, deadline=None)
@given(rows=ROWS)
def test_duplicates_agree_with_a_plain_loop(rows):
    newest: dict[tuple[str, str], tuple[float, int, float]] = {}
    for place, (customer, video, rating, time) in enumerate(rows):
        age = -np.inf if time is None else float(time)
        newest[customer, video] = max(
            newest.get((customer, video), (-np.inf, -1, 0.0)), (age, place, rating)
        )

    kept = cleanse(table_of(rows), LENIENT).table.frame

    pairs = zip(kept["customer_id"], kept["video_id"], strict=True)
    found = dict(zip(pairs, kept["rating"], strict=True))
    assert found == {pair: rating for pair, (_, _, rating) in newest.items()}
