import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import RatingsFormatError
from recommender.ratings import Rows
from recommender.splitting import RandomCut, SplitFractions, newest_last, shuffling_keys
from recommender.timestamps import NO_TIMESTAMP

FRACTIONS = SplitFractions(0.6, 0.2, 0.2)


def rows_of(n_rows: int, *, n_customers: int = 7, seed: int = 5) -> Rows:
    rng = np.random.default_rng(seed)
    return Rows(
        rng.integers(0, n_customers, n_rows).astype(np.int32),
        np.arange(n_rows, dtype=np.int32),
        np.ones(n_rows, dtype=np.float32),
        rng.integers(0, 50, n_rows),
        np.arange(n_rows, dtype=np.uint32),
    )


def mixed(number: int) -> int:
    """SplitMix64's next() in plain integers, from its published C code."""
    mask = (1 << 64) - 1
    z = (number + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


@pytest.mark.parametrize("seed", [0, 1, 2026, 2**63 - 1])
def test_keys_are_the_mixed_pairs(seed):
    rows = rows_of(50)

    expected = [
        mixed((((customer << 32) | video) + mixed(seed)) % 2**64)
        for customer, video in zip(rows.customer.tolist(), rows.video.tolist(), strict=True)
    ]
    assert shuffling_keys(rows, seed).tolist() == expected


def test_keys_are_known_numbers_so_that_no_release_changes_a_split():
    rows = Rows(
        np.array([5, 5], dtype=np.int32),
        np.array([0, 1], dtype=np.int32),
        np.ones(2, dtype=np.float32),
        np.zeros(2, dtype=np.int64),
        np.zeros(2, dtype=np.uint32),
    )

    assert shuffling_keys(rows, 2026).tolist() == [3996656864789402725, 12659763753185921990]


def test_keys_differ_and_look_random():
    keys = shuffling_keys(rows_of(100_000), 1)

    assert len(np.unique(keys)) == len(keys)
    order = np.argsort(keys)
    assert abs(np.corrcoef(order, np.arange(len(order)))[0, 1]) < 0.01
    # Each of the 64 bits is set in half of the keys: 5 standard deviations are 0.008.
    bits = (keys[:, np.newaxis] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.008


def test_another_seed_gives_another_order():
    first, second = (np.argsort(shuffling_keys(rows_of(1000), seed)) for seed in (1, 2))

    assert abs(np.corrcoef(first, second)[0, 1]) < 0.15


@settings(max_examples=60, deadline=None)
@given(
    n_rows=st.integers(3, 400),
    cut=st.tuples(st.integers(1, 98), st.integers(1, 98)).filter(lambda pair: sum(pair) < 100),
    n_pieces=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)
def test_random_cuts_are_exact_in_whatever_pieces_the_keys_come(n_rows, cut, n_pieces, seed):
    train, validation = cut[0] / 100, cut[1] / 100
    fractions = SplitFractions(train, validation, 1.0 - train - validation)
    keys = np.random.default_rng(seed).permutation(
        2**64 // 500 * np.arange(n_rows, dtype=np.uint64)
    )
    cutting = RandomCut(fractions, n_rows)
    positions = (np.arange(n_rows) + 0.5) / n_rows
    expected = np.bincount(np.searchsorted(fractions.bounds, positions, side="right"), minlength=3)
    assert np.abs(np.array(cutting.sizes) - expected).max() <= 1  # a tie may be rounded away
    if min(cutting.sizes) == 0:
        return

    for look in (cutting.count, cutting.look_closer):
        for piece in np.array_split(keys, n_pieces):
            look(piece)
    part = np.searchsorted(cutting.thresholds(), keys, side="right")

    assert np.bincount(part, minlength=3).tolist() == list(cutting.sizes)
    assert part[np.argsort(keys)].tolist() == sorted(part)


@pytest.mark.parametrize(("n_rows", "sizes"), [(100, (60, 20, 20)), (7, (4, 2, 1)), (5, (3, 1, 1))])
def test_random_sizes_are_the_fractions_rounded(n_rows, sizes):
    assert RandomCut(FRACTIONS, n_rows).sizes == sizes


def test_keys_that_share_their_first_bits_are_cut_exactly():
    cutting = RandomCut(FRACTIONS, 100)
    keys = np.arange(100, dtype=np.uint64)
    cutting.count(keys)
    cutting.look_closer(keys)

    assert cutting.thresholds().tolist() == [60, 80]


@settings(max_examples=40, deadline=None)
@given(n_rows=st.integers(1, 60), n_customers=st.integers(1, 9), seed=st.integers(0, 99))
def test_positions_run_from_each_customer_s_oldest_to_the_newest(n_rows, n_customers, seed):
    rows = rows_of(n_rows, n_customers=n_customers, seed=seed)
    keys = shuffling_keys(rows, seed)

    position = newest_last(rows, keys)

    for customer in np.unique(rows.customer):
        own = np.flatnonzero(rows.customer == customer)
        ordered = sorted(own, key=lambda row: (rows.timestamp[row], keys[row]))
        expected = (np.arange(len(own)) + 0.5) / len(own)
        assert position[ordered].tolist() == expected.tolist()


def test_latest_needs_the_time_of_every_rating():
    rows = rows_of(20)
    rows.timestamp[[3, 4]] = NO_TIMESTAMP

    with pytest.raises(RatingsFormatError, match=r'"latest" needs the time .* found 2 of 20'):
        newest_last(rows, shuffling_keys(rows, 1))


@pytest.mark.parametrize("shares", [(0.6, 0.2, 0.3), (1.0, 0.0, 0.0), (1.2, -0.1, -0.1)])
def test_fractions_must_be_shares_of_one(shares):
    with pytest.raises(ValueError, match="above 0 that sum to 1"):
        SplitFractions(*shares)
