"""The strategies that learn nothing: Random and Grid."""

from __future__ import annotations

import itertools
import math
import random
from typing import Protocol

from embedded_aws.tuning_ranges import CategoricalRange, NumericRange, TuningRange


class Strategy(Protocol):
    """Proposes hyperparameters; is told objectives in the order of its proposals."""

    learns: bool

    def propose(self) -> dict[str, str]:
        """Return the next trial's hyperparameters."""

    def record(self, number: int, objective: float | None) -> None:
        """Learn the objective of a proposal, counted from 1; None if it failed."""


class Random:
    """Each trial anywhere in the ranges, whatever the others found."""

    learns = False

    def __init__(self, ranges: list[TuningRange], seed: int) -> None:
        self._ranges = ranges
        self._random = random.Random(seed)  # noqa: S311 - not a secret

    def propose(self) -> dict[str, str]:
        """Draw the next trial."""
        return {r.name: self._draw(r) for r in self._ranges}

    def _draw(self, tuning_range: TuningRange) -> str:
        if isinstance(tuning_range, CategoricalRange):
            return self._random.choice(tuning_range.values)
        return tuning_range.value_at(self._random.uniform(*tuning_range.scaled_bounds))

    def record(self, number: int, objective: float | None) -> None:
        """Forget it."""


class Grid:
    """Every combination of categorical values once.

    Raises
    ------
    ValueError
        If there are numeric ranges.
    """

    learns = False

    def __init__(self, ranges: list[TuningRange]) -> None:
        numeric = [r.name for r in ranges if isinstance(r, NumericRange)]
        if numeric:
            raise ValueError(
                "a grid takes categorical ranges only, found numeric ones for " + ", ".join(numeric)
            )
        categorical = [r for r in ranges if isinstance(r, CategoricalRange)]
        self._names = [r.name for r in categorical]
        self._combinations = itertools.product(*(r.values for r in categorical))
        self.size = math.prod(len(r.values) for r in categorical)

    def propose(self) -> dict[str, str]:
        """Return the next combination."""
        return dict(zip(self._names, next(self._combinations), strict=True))

    def record(self, number: int, objective: float | None) -> None:
        """Forget it."""
