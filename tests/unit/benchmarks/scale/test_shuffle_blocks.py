"""A block's cost is told from a task's."""

import pytest

pytest.importorskip("pyspark", reason="needs the dependency group spark: PySpark")

from benchmarks.scale.results import Shuffle
from benchmarks.scale.shuffle_blocks import core_seconds_per_block


def test_a_planted_cost_is_found() -> None:
    shuffles = [
        Shuffle(tasks, 2, (3.0 + 0.004 * tasks + 20e-6 * tasks**2) / 2)
        for tasks in (50, 250, 500, 1000)
    ]
    assert core_seconds_per_block(shuffles) == pytest.approx(20e-6)
