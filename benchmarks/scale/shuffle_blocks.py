"""What a block of a shuffle costs, however small: ``python -m benchmarks.scale.shuffle_blocks``.

A shuffle has a block for each task that writes and each that reads, so that blocks grow with the
square of the data where tasks grow with it. The same rows are moved by more and more tasks here.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pyspark.sql import SparkSession
from scipy.optimize import nnls

from benchmarks.scale.results import Results, Shuffle
from spark.session import open_session

_ROWS = 8_000_000
_TASKS = (50, 250, 500, 1000, 1500)


def measure(session: SparkSession, n_tasks: int) -> Shuffle:
    """Move rows from so many tasks to as many others."""
    session.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
    rows = session.range(0, _ROWS, 1, n_tasks).repartition(n_tasks, "id")
    begun = time.perf_counter()
    rows.write.format("noop").mode("overwrite").save()
    return Shuffle(n_tasks, os.cpu_count() or 1, time.perf_counter() - begun)


def core_seconds_per_block(shuffles: Sequence[Shuffle]) -> float:
    """Tell blocks from tasks and rows, whose costs are constant and linear in the tasks.

    Parameters
    ----------
    shuffles : sequence of Shuffle
        Of the same rows by at least three numbers of tasks.
    """
    tasks = np.array([shuffle.tasks for shuffle in shuffles], dtype=float)
    costs = np.array([shuffle.cores * shuffle.seconds for shuffle in shuffles])
    matrix = np.column_stack([np.ones_like(tasks), tasks, tasks**2])
    scale = matrix.max(axis=0)
    return float((nnls(matrix / scale, costs)[0] / scale)[2])


def main() -> None:
    """Measure, print, add to the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="for what is shuffled")
    parser.add_argument("--json", type=Path, help="add the shuffles to the results there")
    options = parser.parse_args()
    session = open_session(
        settings={
            "spark.master": "local[*]",
            "spark.driver.memory": "4g",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.local.dir": str(options.folder),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
    )
    session.sparkContext.setLogLevel("ERROR")
    measure(session, _TASKS[0])  # compiles
    shuffles = [measure(session, n_tasks) for n_tasks in _TASKS]
    session.stop()
    for shuffle in shuffles:
        print(f"{shuffle.tasks} tasks, {shuffle.tasks**2:,} blocks: {shuffle.seconds:.1f} s")
    print(f"{core_seconds_per_block(shuffles) * 1e6:.1f} us of a core for a block")
    if options.json:
        results = Results.load(options.json) if options.json.exists() else Results()
        results.shuffles = shuffles
        results.save(options.json)


if __name__ == "__main__":
    main()
