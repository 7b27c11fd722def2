import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark.ranks import SlotPlan, Unit, make_units, slot_bits

SIZES = {"train": [40, 40, 39], "validation": [41], "test": [10, 10, 10, 5]}


def test_units_are_neighbouring_files_one_split_after_the_other():
    units = make_units(SIZES, unit_rows=80)

    assert units == [
        Unit("train", 0, 0, (40, 40), 0),
        Unit("train", 1, 2, (39,), 80),
        Unit("validation", 0, 0, (41,), 119),
        Unit("test", 0, 0, (10, 10, 10, 5), 160),
    ]


def test_a_file_that_is_larger_than_a_unit_is_one():
    assert [unit.sizes for unit in make_units(SIZES, unit_rows=1)] == [
        (size,) for sizes in SIZES.values() for size in sizes
    ]


@pytest.mark.parametrize(("n_rows", "bits"), [(0, 4), (100_000, 5), (64_000_000, 14), (10**10, 18)])
def test_slots_have_some_thousand_rows_as_long_as_the_driver_can_count_them(n_rows, bits):
    assert slot_bits(n_rows) == bits


@settings(deadline=None)
@given(
    sizes=st.tuples(*[st.lists(st.integers(1, 9), min_size=1, max_size=6)] * 3),
    unit_rows=st.integers(1, 20),
    n_slots=st.integers(1, 12),
    seed=st.integers(0, 999),
)
def test_every_unit_gets_its_exact_ranks(sizes, unit_rows, n_slots, seed):
    units = make_units(dict(zip(SIZES, sizes, strict=True)), unit_rows=unit_rows)
    n_rows = units[-1].stop
    slot_of_rank = np.sort(np.random.default_rng(seed).integers(n_slots, size=n_rows))
    plan = SlotPlan(np.bincount(slot_of_rank, minlength=n_slots), units)

    rows, where = plan.copies(slot_of_rank)

    for number, unit in enumerate(units):
        sent = np.sort(rows[where == number])
        assert len(sent) == plan.n_rows[number]
        first = unit.start - plan.first_rank[number]
        cut = sent[first : first + unit.stop - unit.start]
        assert cut.tolist() == list(range(unit.start, unit.stop))


def test_ratings_that_got_lost_are_noticed():
    with pytest.raises(ValueError, match="196 ratings have keys, 195 are to be written"):
        SlotPlan(np.array([100, 96]), make_units(SIZES))
