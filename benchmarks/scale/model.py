"""What the job takes with more ratings and more workers than were measured; arithmetic only.

A step takes ``fixed + per unit x units / cores`` seconds of the clock; its units are raw rows or
ratings kept. What one task does alone is not divided by the cores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from scipy.optimize import nnls

from benchmarks.scale.raw_objects import ROWS_PER_OBJECT
from benchmarks.scale.results import Measured
from recommender.source_record import MAX_RECORDED
from spark.pieces import PIECE_BYTES

Unit = Literal["rows", "kept"]
# What a step's time grows with.
UNITS: Mapping[str, Unit] = {
    "read": "rows",
    "profile": "rows",
    "cleanse": "rows",
    "number": "kept",
    "index tables": "rows",
    "keys": "kept",
    "write": "kept",
}
# The step that writes each index table in one task.
_ALONE = "index tables"
_UPLOAD_PART_BYTES = 8 << 20  # boto3's TransferConfig, multipart_threshold and multipart_chunksize
_HEAD_BYTES = 1 << 20  # what a piece looks at first, see spark.reading


@dataclass(frozen=True, slots=True)
class Load:
    """What a job is given.

    Attributes
    ----------
    rows, kept : int
        Raw ratings; those that the filter leaves.
    ids : int
        Customers and videos among the latter.
    raw_bytes, objects : int
        Of the raw ratings, which are plain text.
    """

    rows: int
    kept: int
    ids: int
    raw_bytes: int
    objects: int

    @classmethod
    def of(cls, run: Measured) -> Self:
        """Say what a measured job was given."""
        found = run.found["answer"]["ratings"]
        return cls(
            rows=run.n_rows,
            kept=found["accounting"]["kept"],
            ids=found["n_users"] + found["n_items"],
            raw_bytes=run.n_bytes,
            objects=math.ceil(run.n_rows / ROWS_PER_OBJECT),
        )

    def times(self, factor: float) -> Load:
        """Give so many times as much of the same kind."""
        return Load(
            rows=round(factor * self.rows),
            kept=round(factor * self.kept),
            ids=round(factor * self.ids),
            raw_bytes=round(factor * self.raw_bytes),
            objects=math.ceil(factor * self.objects),
        )

    def units(self, unit: Unit) -> int:
        """Say how many units of a kind there are."""
        return self.rows if unit == "rows" else self.kept

    @property
    def pieces(self) -> int:
        """Tasks that read."""
        return self.objects * math.ceil(self.raw_bytes / self.objects / PIECE_BYTES)


@dataclass(frozen=True, slots=True)
class Line:
    """A cost: ``fixed + slope x n``."""

    fixed: float
    slope: float

    @classmethod
    def fit(cls, numbers: Sequence[float], costs: Sequence[float]) -> Self:
        """Find the line, nowhere negative, whose squared relative errors are least.

        Parameters
        ----------
        numbers, costs : sequences of float, of the same length
            Costs are positive.
        """
        weights = 1 / np.asarray(costs)
        matrix = np.column_stack([weights, np.asarray(numbers) * weights])
        scale = matrix.max(axis=0)  # the columns differ by many powers of ten
        fixed, slope = nnls(matrix / scale, np.ones(len(costs)))[0] / scale
        return cls(float(fixed), float(slope))

    def at(self, number: float) -> float:
        """Give the cost of a number."""
        return self.fixed + self.slope * number


@dataclass(frozen=True, slots=True)
class Model:
    """Costs of a job.

    Attributes
    ----------
    driver_seconds : float
        Between the queries and before them.
    steps : dict of Line
        Seconds of each step against units for each core.
    alone_seconds_per_id : float
        Of the tasks that write the index tables.
    """

    driver_seconds: float
    steps: dict[str, Line]
    alone_seconds_per_id: float

    @classmethod
    def calibrate(cls, runs: Sequence[Measured]) -> Self:
        """Fit the model to runs of the Spark route."""
        loads = [Load.of(run) for run in runs]
        largest = max(runs, key=lambda run: run.n_rows)
        return cls(
            driver_seconds=float(np.median([_driver_seconds(run.found) for run in runs])),
            steps={
                name: Line.fit(
                    [load.units(unit) / run.cores for load, run in zip(loads, runs, strict=True)],
                    [_shared_seconds(run.found, name) for run in runs],
                )
                for name, unit in UNITS.items()
            },
            alone_seconds_per_id=_alone_seconds(largest.found) / Load.of(largest).ids,
        )

    def seconds(self, load: Load, cores: int) -> float:
        """Say how long a job takes with an S3 as fast as the one on the measured machine."""
        shared = (line.at(load.units(UNITS[name]) / cores) for name, line in self.steps.items())
        return self.driver_seconds + sum(shared) + self.alone_seconds(load)

    def alone_seconds(self, load: Load) -> float:
        """Say how long one task works alone."""
        return self.alone_seconds_per_id * load.ids


def shuffle_bytes(found: Mapping[str, Any]) -> int:
    """Add up what all steps of a measured job shuffled."""
    return sum(step["shuffle_write_bytes"] for step in found["steps"].values())


def gets(load: Load) -> int:
    """Count GetObject: each piece looks at its object's head, and reads."""
    return load.pieces * (2 if load.pieces > load.objects else 1)


def heads(load: Load) -> int:
    """Count HeadObject: objects that are named in the accounting."""
    return min(load.objects, MAX_RECORDED)


def bytes_read(load: Load) -> int:
    """Count what is read of S3."""
    return load.raw_bytes + (load.pieces * _HEAD_BYTES if load.pieces > load.objects else 0)


def puts(n_files: int, n_bytes: float) -> int:
    """Count PutObject, or the requests of an upload in parts, for files of the same size."""
    of_file = n_bytes / n_files
    if of_file < _UPLOAD_PART_BYTES:
        return n_files
    return n_files * (2 + math.ceil(of_file / _UPLOAD_PART_BYTES))


def _driver_seconds(found: Mapping[str, Any]) -> float:
    in_steps = sum(step["seconds"] for step in found["steps"].values())
    return float(found["wall_seconds"] - in_steps)


def _alone_seconds(found: Mapping[str, Any]) -> float:
    seconds: float = found["steps"][_ALONE]["single_task_seconds"]
    return seconds


def _shared_seconds(found: Mapping[str, Any], name: str) -> float:
    seconds: float = found["steps"][name]["seconds"]
    return seconds - (_alone_seconds(found) if name == _ALONE else 0.0)
