"""What Evaluate holds does not grow with the ratings: each run in a process of its own."""

import sys

import pytest

from benchmarks.function_memory import PreparedRun, serving_s3

# A quarter of it, 32 MiB, keeps the smaller run's training ratings; the larger one's go to disk.
MEMORY_MIB = 128
SMALL, LARGE = 2_000_000, 8_000_000
MIB = 2**20


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak")
def test_memory_does_not_grow_with_the_ratings(monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", str(MEMORY_MIB))
    sizes = {"n_users": 100_000, "n_items": 10_000, "max_rows_per_part": 500_000}
    with serving_s3() as s3:
        found = [PreparedRun(s3, n, **sizes).measure("evaluate") for n in (SMALL, LARGE)]

    small, large = found
    assert small.answer["metrics"]["n_test"] == 400_000
    assert large.answer["metrics"]["n_test"] == 1_600_000
    # Keeping the training split alone would take 41 MiB more, one column of the test split 5.
    assert large.peak_mib - small.peak_mib < 20
