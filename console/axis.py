"""Round marks on an axis, for the charts that no library draws."""

from __future__ import annotations

import math
from dataclasses import dataclass

_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    position: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from ``low`` to ``high`` on positions from ``begin`` to ``end``."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        """Give a value's position."""
        share = (value - self.low) / max(self.high - self.low, _SMALLEST)
        return round(self.begin + (self.end - self.begin) * share, 2)

    def ticks(self, count: int = 5) -> list[Tick]:
        """Mark round values."""
        step = _round_step((self.high - self.low) / count)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        return [
            Tick(self(place * step), f"{place * step:,.{digits}f}")
            for place in range(first, last + 1)
        ]


def _round_step(step: float) -> float:
    size = 10.0 ** math.floor(math.log10(max(step, _SMALLEST)))
    return next((size * factor for factor in (1, 2, 5, 10) if size * factor >= step), size)
