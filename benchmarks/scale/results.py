"""Measured runs in a file, one after the other: nothing is left out, no run replaces another."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Measured:
    """A run of a route.

    Attributes
    ----------
    route : str
    n_rows, n_bytes : int
        Of the raw ratings.
    cores : int
    heap : str
        Of the JVM; "" where there is none.
    skew : str or None
        See `raw_objects`.
    filters, settings : dict
        Other than the defaults.
    found : dict
        What the route's ``run`` gave.
    """

    route: str
    n_rows: int
    n_bytes: int
    cores: int
    heap: str
    skew: str | None
    filters: dict[str, Any]
    settings: dict[str, str]
    found: dict[str, Any]


Runs = Sequence[Measured]


@dataclass(frozen=True, slots=True)
class Shuffle:
    """The same rows moved from so many tasks to as many others, see `shuffle_blocks`."""

    tasks: int
    cores: int
    seconds: float


@dataclass(slots=True)
class Results:
    """All runs, all shuffles, and the machine."""

    machine: dict[str, str] = field(default_factory=dict)
    runs: list[Measured] = field(default_factory=list)
    shuffles: list[Shuffle] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            content["machine"],
            [Measured(**run) for run in content["runs"]],
            [Shuffle(**shuffle) for shuffle in content["shuffles"]],
        )

    def plain(self, route: str = "spark", *, cores: int | None = None) -> list[Measured]:
        """Give a route's runs of even data with the defaults, with so many cores or any."""
        return [
            run
            for run in self.runs
            if run.route == route
            and cores in (None, run.cores)
            and not (run.skew or run.filters or run.settings)
        ]

    def unfiltered(self) -> list[Measured]:
        """Give the Spark route's runs of even data that drop hardly any rating."""
        return [
            run
            for run in self.runs
            if run.route == "spark" and run.filters and not (run.skew or run.settings)
        ]

    @property
    def largest(self) -> Measured:
        """The last of the largest runs of the Spark route with two cores."""
        return sorted(self.plain(cores=2), key=lambda run: run.n_rows)[-1]

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def same(runs: Runs) -> Mapping[tuple[int, int], Runs]:
    """Put repetitions together: by rows and cores, ascending."""
    found: dict[tuple[int, int], list[Measured]] = {}
    for run in sorted(runs, key=lambda run: (run.n_rows, -run.cores)):
        found.setdefault((run.n_rows, run.cores), []).append(run)
    return found


def median_of(runs: Runs, cost: Callable[[Mapping[str, Any]], float]) -> float:
    """Give the median of something that was found in all runs."""
    return median(cost(run.found) for run in runs)
