"""Raw ratings into cleansed, numbered splits: this project beside others, and beside gunzip."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from benchmarks.contestants import duckdb_sql, gunzip, ours, pandas_tuned, sample
from benchmarks.measuring import Cost, in_turn, measure
from benchmarks.results import OURS
from infra.allocation import KEEP_FREED_MEMORY

SAMPLE, FASTEST_GUNZIP = "the sample's way", "gunzip (igzip)"
PEERS = {
    SAMPLE: sample.prepare,
    "pandas, tuned": pandas_tuned.prepare,
    "DuckDB": duckdb_sql.prepare,
}
YARDSTICKS = {FASTEST_GUNZIP: gunzip.with_igzip, "gunzip (zlib)": gunzip.with_zlib}


def compare(path: Path, *, with_peers: bool, repetitions: int) -> dict[str, list[Cost]]:
    """Measure everybody on a file, each time in a fresh process.

    Parameters
    ----------
    path : Path
    with_peers : bool
        Whether to measure those too whose memory grows with the file.
    repetitions : int

    Returns
    -------
    dict
        Costs by name, in the order of the repetitions.
    """
    gunzip.with_igzip(path)  # the file is in the system's cache from now on
    os.environ.update(KEEP_FREED_MEMORY)  # everybody gets the function's environment
    actions = {OURS: ours.prepare, **(PEERS if with_peers else {}), **YARDSTICKS}
    costs = in_turn(
        {name: partial(measure, action, path) for name, action in actions.items()}, repetitions
    )
    _check_agreement(costs)
    return costs


def _check_agreement(costs: dict[str, list[Cost]]) -> None:
    """Refuse to compare different work: all but the sample must come to the same result."""
    results = {
        name: cost.outcome
        for name, (cost, *_) in costs.items()
        if name not in YARDSTICKS and name != SAMPLE
    }
    if any(result != results[OURS] for result in results.values()):
        sys.exit(f"error: expected all to keep the same ratings, found {results}")
