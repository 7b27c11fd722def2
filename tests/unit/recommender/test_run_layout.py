import pytest

from recommender.run_layout import SPLITS, RunLayout

LAYOUT = RunLayout("20261122t063156-1a2b3c")


def keys():
    parts = [(split, part) for split in SPLITS for part in (0, 1, 99_999)]
    return [
        *(LAYOUT.ratings_key(*part) for part in parts),
        *(LAYOUT.recordio_key(*part) for part in parts),
        *(LAYOUT.prediction_key(part) for part in (0, 1)),
        LAYOUT.customers_key,
        LAYOUT.videos_key,
        LAYOUT.accounting_key,
        LAYOUT.evaluation_key,
    ]


def test_keys_are_unique_and_below_the_runs_prefix():
    assert len(set(keys())) == len(keys())
    assert all(key.startswith("runs/20261122t063156-1a2b3c/") for key in keys())


def test_parts_sort_as_they_are_numbered_and_lie_below_their_prefix():
    for split in SPLITS:
        ratings = [LAYOUT.ratings_key(split, part) for part in (0, 9, 10, 100)]
        assert ratings == sorted(ratings)
        assert all(key.startswith(LAYOUT.ratings_prefix(split)) for key in ratings)
    assert LAYOUT.ratings_key("train", 7) == f"{LAYOUT.prefix}ratings/train/part-00007.parquet"
    assert LAYOUT.recordio_key("test", 7) == f"{LAYOUT.prefix}recordio/test/part-00007.pbr"


def test_no_table_lies_among_the_parts_of_a_split():
    others = (LAYOUT.customers_key, LAYOUT.videos_key, LAYOUT.accounting_key)

    assert not any(key.startswith(LAYOUT.ratings_prefix(s)) for key in others for s in SPLITS)


@pytest.mark.parametrize("run_id", ["", "-a", "a-", "a b", "a/b", "a" * 23])
def test_a_run_id_that_no_job_could_have_is_refused(run_id):
    with pytest.raises(ValueError, match="expected 1 to 22 letters, digits and inner hyphens"):
        RunLayout(run_id)
