import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import EmptyRatingsError, RatingsFormatError
from recommender.splitting import SplitFractions, split_ratings
from tests import planted

FRACTIONS = SplitFractions(0.6, 0.2, 0.2)


def ratings(n_ratings: int) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "row": np.arange(n_ratings),
            "customer_id": pd.Series(rng.integers(0, 7, n_ratings).astype(str), dtype="str"),
            "timestamp": pd.Series(rng.integers(0, 50, n_ratings), dtype="Int64"),
        }
    )


def split(frame, *, fractions=FRACTIONS, strategy="random", seed=1):
    return split_ratings(frame, fractions, strategy=strategy, rng=np.random.default_rng(seed))


@settings(max_examples=50, deadline=None)
@given(
    n_ratings=st.integers(5, 300),
    cut=st.tuples(st.integers(1, 98), st.integers(1, 98)).filter(lambda pair: sum(pair) < 100),
    seed=st.integers(0, 2**32),
    strategy=st.sampled_from(["random", "latest"]),
)
def test_a_split_is_a_partition(n_ratings, cut, seed, strategy):
    train, validation = cut[0] / 100, cut[1] / 100
    fractions = SplitFractions(train, validation, 1.0 - train - validation)
    try:
        splits = split(ratings(n_ratings), fractions=fractions, strategy=strategy, seed=seed)
    except EmptyRatingsError:
        return

    rows = np.concatenate([part["row"] for part in splits.values()])
    assert sorted(rows) == list(range(n_ratings))


@pytest.mark.parametrize(("n_ratings", "sizes"), [(100, [60, 20, 20]), (7, [4, 2, 1])])
def test_random_sizes_are_the_fractions_rounded(n_ratings, sizes):
    assert [len(part) for part in split(ratings(n_ratings)).values()] == sizes


def test_a_seed_repeats_the_split_and_another_does_not():
    first, again, other = (split(ratings(100), seed=seed)["train"] for seed in (3, 3, 4))

    pd.testing.assert_frame_equal(first, again)
    assert first["row"].tolist() != other["row"].tolist()


@pytest.mark.parametrize("strategy", ["random", "latest"])
def test_training_rows_are_shuffled(strategy):
    train = split(ratings(1000), strategy=strategy)["train"]

    correlation = np.corrcoef(train["row"], np.arange(len(train)))[0, 1]
    assert abs(correlation) < 0.15
    assert train.index.tolist() == list(range(len(train)))


def test_the_input_is_not_changed():
    frame = ratings(50)
    before = frame.copy(deep=True)
    split(frame, strategy="latest")

    pd.testing.assert_frame_equal(frame, before)


def test_latest_holds_out_each_customer_s_newest_ratings():
    frame = planted.plant().frame
    frame["timestamp"] = frame["timestamp"].astype("Int64")
    splits = split(frame, strategy="latest")

    newest_train = splits["train"].groupby("customer_id")["timestamp"].max()
    oldest_validation = splits["validation"].groupby("customer_id")["timestamp"].min()
    oldest_test = splits["test"].groupby("customer_id")["timestamp"].min()
    assert (newest_train <= oldest_validation).all()
    assert (newest_train <= oldest_test).all()
    assert set(oldest_test.index) == set(frame["customer_id"])


def test_latest_needs_the_time_of_every_rating():
    frame = ratings(20)
    frame.loc[[3, 4], "timestamp"] = pd.NA

    with pytest.raises(RatingsFormatError, match=r'"latest" needs the time .* found 2 of 20'):
        split(frame, strategy="latest")


def test_too_few_ratings_for_three_splits_are_refused():
    with pytest.raises(EmptyRatingsError, match="leave the split validation and test empty"):
        split(ratings(1))


@pytest.mark.parametrize("shares", [(0.6, 0.2, 0.3), (1.0, 0.0, 0.0), (1.2, -0.1, -0.1)])
def test_fractions_must_be_shares_of_one(shares):
    with pytest.raises(ValueError, match="above 0 that sum to 1"):
        SplitFractions(*shares)
