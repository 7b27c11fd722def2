import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.cleansing import CleansingRules, cleanse
from recommender.errors import EmptyRatingsError
from recommender.ratings import Accounting
from recommender.ratings.partitions import Partitions
from recommender.reject_reasons import READER_REASONS
from tests.rating_tables import CRAMPED, Rating, table_of

LENIENT = CleansingRules(1, 1, until_stable=False)


FIELDS = ("customer", "video")


def dropped(accounting: Accounting) -> dict[str, int]:
    return {reason: n for reason, n in accounting.rejected.items() if reason not in READER_REASONS}


def as_rating(row) -> Rating:
    return row if isinstance(row, Rating) else Rating(*row)


def cleansed(rows, rules=LENIENT, workspace=None) -> tuple[Accounting, list[tuple]]:
    """Cleanse, and give the accounting and the survivors, as they were written, in their order."""
    table = table_of(rows, workspace=workspace)
    # Codes are in the order of first appearance.
    names = [list(dict.fromkeys(getattr(row, of) for row in map(as_rating, rows))) for of in FIELDS]
    result = cleanse(table, rules)
    with result.partitions as partitions:
        return table.accounting, [
            (names[0][customer], names[1][video], rating)
            for number in range(len(partitions))
            for customer, video, rating in zip(
                *(column.tolist() for column in partitions.load(number).columns[:3]), strict=True
            )
        ]


def test_the_latest_of_several_ratings_is_kept():
    accounting, kept = cleansed(
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
    )

    assert [rating for *_, rating in kept] == [2.0, 5.0, 2.5, 4.5]
    assert dropped(accounting) == {
        "duplicate": 5,
        "below_customer_threshold": 0,
        "below_video_threshold": 0,
    }


def test_one_pass_counts_on_ratings_without_duplicates():
    rows = [
        *(Rating("busy", video) for video in "xyz"),
        Rating("busy", "x", 4.0, 2),
        *(Rating("rare", "x", 3.0, time) for time in (1, 2, 3)),
        *(Rating("other", video) for video in "xy"),
    ]

    accounting, kept = cleansed(rows, CleansingRules(2, 2, until_stable=False))

    # "rare" rated one video; "z" was rated once.
    assert dropped(accounting) == {
        "duplicate": 3,
        "below_customer_threshold": 1,
        "below_video_threshold": 1,
    }
    assert [row[:2] for row in kept] == [
        ("busy", "y"),
        ("busy", "x"),
        ("other", "x"),
        ("other", "y"),
    ]


def test_a_row_below_both_thresholds_counts_for_the_customer():
    rows = [Rating(customer, video) for customer in "ab" for video in "xy"]

    accounting, _ = cleansed([*rows, Rating("c", "z")], CleansingRules(2, 2, until_stable=False))

    assert accounting.rejected["below_customer_threshold"] == 1
    assert accounting.rejected["below_video_threshold"] == 0


CHAIN = [
    *(Rating(customer, video) for customer in "abc" for video in "xyz"),
    Rating("d", "x"),
    Rating("d", "w"),
    Rating("e", "w"),  # dropped first; then "w" is rare; then "d" is
]


def test_one_pass_may_leave_some_below_the_threshold():
    _, kept = cleansed(CHAIN, CleansingRules(2, 2, until_stable=False))

    assert [video for _, video, _ in kept].count("w") == 1


@pytest.mark.parametrize("workspace", [None, CRAMPED])
def test_until_stable_drops_until_the_thresholds_hold(workspace):
    accounting, kept = cleansed(CHAIN, CleansingRules(2, 2, until_stable=True), workspace)

    assert {customer for customer, *_ in kept} == set("abc")
    assert accounting.rejected["below_customer_threshold"] == 2
    assert accounting.rejected["below_video_threshold"] == 1


def test_counts_of_the_survivors_are_told_by_code():
    result = cleanse(table_of(CHAIN), CleansingRules(2, 2, until_stable=True))

    assert result.per_customer.tolist() == [3, 3, 3, 0, 0]
    assert result.per_video.tolist() == [3, 3, 3, 0]


@pytest.mark.parametrize("workspace", [None, CRAMPED])
def test_the_first_lines_of_every_reason_are_told(workspace):
    rows = [
        *CHAIN,  # lines 2 to 13: "e" is rare from the start
        Rating("a", "x", time=0),  # 14: older than line 2
        Rating("b", "lonely"),  # 15
    ]

    accounting, _ = cleansed(rows, CleansingRules(2, 2, until_stable=False), workspace)

    assert accounting.examples["duplicate"] == ("ratings:14",)
    assert accounting.examples["below_customer_threshold"] == ("ratings:13",)
    assert accounting.examples["below_video_threshold"] == ("ratings:15",)


def test_the_first_twenty_lines_are_told_whatever_the_partitions():
    rows = [Rating(f"c{n % 7}", f"v{n}") for n in range(100)]
    again = [Rating(f"c{n % 7}", f"v{n}", time=0) for n in range(100)]

    accounting, _ = cleansed([*rows, *again], LENIENT, CRAMPED)

    assert accounting.rejected["duplicate"] == 100
    assert accounting.examples["duplicate"] == tuple(f"ratings:{n}" for n in range(102, 122))


def test_a_filter_that_leaves_nothing_says_which_thresholds_did_it():
    with pytest.raises(EmptyRatingsError) as caught:
        cleansed([Rating("a", "x"), Rating("b", "x")], CleansingRules(5, 10, until_stable=False))

    message = str(caught.value)
    assert "leaves none of 2 ratings" in message
    assert "customers with at least 5 and videos with at least 10" in message
    assert "found at most 1 per customer and 2 per video" in message
    assert "filter.min_ratings_per_customer" in message


def test_no_ratings_at_all_leave_nothing():
    with pytest.raises(EmptyRatingsError, match="none of 0 ratings"):
        cleanse(table_of([], bad_lines=1), LENIENT)


ROWS = st.lists(
    st.builds(
        Rating,
        st.sampled_from("abcdef"),
        st.sampled_from("uvwxyz"),
        st.sampled_from([1.0, 2.0, 3.0]),
        st.none() | st.integers(0, 5),
    ),
    min_size=1,
    max_size=60,
)


def slowly(rows: list[Rating], least: int, *, until_stable: bool) -> list[tuple]:
    """Cleanse by plain loops, after the documentation."""
    newest: dict[tuple[str, str], tuple] = {}
    for place, row in enumerate(rows):
        age = -np.inf if row.time is None else row.time
        pair = row.customer, row.video
        newest[pair] = max(newest.get(pair, (-np.inf, -1)), (age, place))
    kept = [row for place, row in enumerate(rows) if newest[row.customer, row.video][1] == place]
    while True:
        customers = [row.customer for row in kept]
        videos = [row.video for row in kept]
        still = [
            row
            for row in kept
            if customers.count(row.customer) >= least and videos.count(row.video) >= least
        ]
        if not until_stable or still == kept:
            return [(row.customer, row.video, row.rating) for row in still]
        kept = still


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    least=st.integers(1, 3),
    until_stable=st.booleans(),
    workspace=st.sampled_from([None, CRAMPED]),
)
def test_cleansing_agrees_with_plain_loops_however_it_is_cut(rows, least, until_stable, workspace):
    expected = slowly(rows, least, until_stable=until_stable)
    rules = CleansingRules(least, least, until_stable)
    if not expected:
        with pytest.raises(EmptyRatingsError):
            cleansed(rows, rules, workspace)
        return

    accounting, kept = cleansed(rows, rules, workspace)

    assert sorted(kept) == sorted(expected)
    if workspace is None:
        assert kept == expected
    assert len(rows) == len(kept) + accounting.n_rejected


def test_all_rows_of_a_customer_are_in_one_partition():
    rows = [Rating(f"c{n % 40}", f"v{n}") for n in range(400)]

    partitions = cleanse(table_of(rows, workspace=CRAMPED), LENIENT).partitions

    with partitions:
        assert len(partitions) > 4
        customers = [set(partitions.load(n).customer.tolist()) for n in range(len(partitions))]
    assert sum(map(len, customers)) == 40


def test_the_temporary_files_are_gone_after_an_error(monkeypatch):
    closed = []
    monkeypatch.setattr(Partitions, "close", lambda self: closed.append(self))

    with pytest.raises(EmptyRatingsError):
        cleanse(table_of(CHAIN), CleansingRules(50, 50, until_stable=False))

    assert len(closed) == 1
