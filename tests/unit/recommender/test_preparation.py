import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.cleansing import CleansingRules
from recommender.errors import EmptyRatingsError, RatingsFormatError
from recommender.preparation import PreparedRatings, prepare
from recommender.ratings import Workspace
from recommender.run_layout import SPLITS
from recommender.splitting import SplitFractions
from tests import planted
from tests.rating_tables import (
    CRAMPED_FOR_THOUSANDS,
    Rating,
    frame_table,
    ids_of,
    split_frame,
    split_rows,
    table_of,
)

RULES = CleansingRules(5, 10, until_stable=False)
FRACTIONS = SplitFractions(0.6, 0.2, 0.2)
FRAME = planted.plant().frame


def prepared(table, *, rules=RULES, fractions=FRACTIONS, strategy="random", seed=1):
    return prepare(table, rules, fractions, strategy=strategy, seed=seed)


def pairs_of(frame: pd.DataFrame) -> set[tuple]:
    return set(
        zip(frame["customer_id"], frame["video_id"], frame["rating"].astype("float32"), strict=True)
    )


@pytest.mark.parametrize("strategy", ["random", "latest"])
@pytest.mark.parametrize("workspace", [None, CRAMPED_FOR_THOUSANDS], ids=["roomy", "cramped"])
def test_ratings_come_back_from_the_splits(strategy, workspace):
    with prepared(frame_table(FRAME, workspace=workspace), strategy=strategy) as found:
        frames = [split_frame(found, split) for split in SPLITS]

    together = pd.concat(frames)
    assert len(together) == len(FRAME) == found.kept == found.accounting.rows_read
    assert pairs_of(together) == pairs_of(FRAME)


def test_the_index_knows_only_what_was_kept():
    rare = FRAME.iloc[:1].assign(customer_id="once", video_id="rare")

    found = prepared(frame_table(pd.concat([FRAME, rare], ignore_index=True)))

    customers, videos = ids_of(found.index)
    assert "once" not in customers
    assert "rare" not in videos
    assert found.accounting.rejected["below_customer_threshold"] == 1
    assert found.accounting.rows_read == found.kept + found.accounting.n_rejected


def test_the_reader_s_reasons_are_carried_along():
    rows = [Rating(f"c{n % 4}", f"v{n // 4}") for n in range(20)]

    found = prepared(table_of(rows, bad_lines=3), rules=CleansingRules(1, 1, until_stable=False))

    assert found.accounting.rejected["malformed"] == 3
    assert found.accounting.rows_read == 23 == found.kept + found.accounting.n_rejected


@pytest.mark.parametrize("strategy", ["random", "latest"])
def test_the_same_seed_gives_the_same_splits_and_another_does_not(strategy):
    one, again, other = (
        split_rows(prepared(frame_table(FRAME), strategy=strategy, seed=seed), "train")
        for seed in (3, 3, 4)
    )

    assert_same(one, again)
    assert one.video.tolist() != other.video.tolist()


def assert_same(first, second) -> None:
    for one, other in zip(first.columns[:4], second.columns[:4], strict=True):  # not their lines
        np.testing.assert_array_equal(one, other)


@settings(max_examples=10, deadline=None)
@given(
    working_bytes=st.integers(20_000, 1_000_000),
    strategy=st.sampled_from(["random", "latest"]),
    order=st.integers(0, 9),
)
def test_splits_depend_neither_on_memory_nor_on_the_order_of_the_rows(
    working_bytes, strategy, order
):
    expected = prepared(frame_table(FRAME), strategy=strategy)
    shuffled = FRAME.sample(frac=1.0, random_state=order)

    workspace = Workspace(rows_bytes=working_bytes // 10, working_bytes=working_bytes)

    with prepared(frame_table(shuffled, workspace=workspace), strategy=strategy) as found:
        for split in SPLITS:
            assert_same(split_rows(found, split), split_rows(expected, split))


@pytest.mark.parametrize("workspace", [None, CRAMPED_FOR_THOUSANDS], ids=["roomy", "cramped"])
def test_parts_have_the_same_rows_whatever_the_memory(workspace):
    with prepared(frame_table(FRAME, workspace=workspace)) as found:
        parts = list(found.parts("train", max_rows=1000))
        expected = split_rows(found, "train")

    assert [len(part) for part in parts] == [1000, 1000, 1000, 600]
    assert np.concatenate([part.video for part in parts]).tolist() == expected.video.tolist()


def test_training_rows_are_shuffled():
    train = split_rows(prepared(frame_table(FRAME)), "train")

    place = np.arange(len(train))
    assert abs(np.corrcoef(train.customer, place)[0, 1]) < 0.06
    assert abs(np.corrcoef(train.video, place)[0, 1]) < 0.06


def test_random_splits_have_the_sizes_of_the_fractions():
    found = prepared(frame_table(FRAME))

    assert [found.n_ratings(split) for split in SPLITS] == [3600, 1200, 1200]


@pytest.mark.parametrize("workspace", [None, CRAMPED_FOR_THOUSANDS], ids=["roomy", "cramped"])
def test_latest_holds_out_each_customer_s_newest_ratings(workspace):
    with prepared(frame_table(FRAME, workspace=workspace), strategy="latest") as found:
        train, validation, test = (split_frame(found, split) for split in SPLITS)

    times = [part.groupby("customer_id")["timestamp"] for part in (train, validation, test)]
    assert (times[0].max() <= times[1].min()).all()
    assert (times[1].max() <= times[2].min()).all()
    assert set(test["customer_id"]) == set(FRAME["customer_id"])


def test_latest_needs_the_time_of_every_rating():
    frame = FRAME.assign(timestamp=FRAME["timestamp"].astype("Int64"))
    frame.loc[[3, 4], "timestamp"] = pd.NA

    with pytest.raises(RatingsFormatError, match='"latest" needs the time'):
        prepared(frame_table(frame), strategy="latest")


@pytest.mark.parametrize("strategy", ["random", "latest"])
def test_too_few_ratings_for_three_splits_are_refused(strategy):
    with pytest.raises(EmptyRatingsError, match=r"1 ratings leave the split .*test empty"):
        prepared(
            table_of([Rating("a", "x")]),
            rules=CleansingRules(1, 1, until_stable=False),
            fractions=SplitFractions(0.8, 0.1, 0.1),
            strategy=strategy,
        )


def test_titles_come_with_the_index():
    found: PreparedRatings = prepared(frame_table(FRAME))

    expected = dict(zip(FRAME["video_id"], FRAME["title"], strict=True))
    titles = {
        video: title
        for batch in found.index.video_ids()
        for video, title in zip(*batch, strict=True)
    }
    assert titles == expected
