"""Both functions one after the other: a raw file in, RecordIO out, by their own handlers."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from benchmarks.functions.convert_recordio import convert_recordio
from benchmarks.functions.folder_s3 import BUCKET
from benchmarks.functions.preprocess import preprocess
from benchmarks.measuring import Cost, measure
from infra.allocation import KEEP_FREED_MEMORY

STEPS = ("Preprocess", "ConvertRecordIO")
_RUN_ID = "benchmark"
_KEY = "raw/ratings.tsv.gz"


def run(path: Path, *, repetitions: int) -> dict[str, list[Cost]]:
    """Measure both functions on a file, each time in fresh processes.

    Parameters
    ----------
    path : Path
        S3 is a folder beside it.
    repetitions : int

    Returns
    -------
    dict
        Costs by function, in the order of the repetitions.
    """
    costs: dict[str, list[Cost]] = {step: [] for step in STEPS}
    os.environ.update(KEEP_FREED_MEMORY)
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory(dir=path.parent) as name:
            root = Path(name)
            (root / BUCKET / _KEY).parent.mkdir(parents=True)
            (root / BUCKET / _KEY).hardlink_to(path)
            prepared = measure(preprocess, root, _RUN_ID, _KEY)
            sizes = {k: v for k, v in prepared.outcome.items() if k != "rows_read"}
            converted = measure(convert_recordio, root, _RUN_ID, sizes)
        for step, cost in zip(STEPS, (prepared, converted), strict=True):
            costs[step].append(cost)
    return costs
