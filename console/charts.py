"""Charts of the report: positions are computed here, the template draws them as static SVG.

Horizontal positions are percentages and vertical ones pixels, so that a chart fills a phone's
screen or a sheet of paper without its text growing or shrinking.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

LEFT, RIGHT = 13.0, 96.0
TOP, BOTTOM, HEIGHT = 26.0, 188.0, 224.0
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    position: float
    label: str


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled area; ``opacity`` from 0 to 1."""

    x: float
    y: float
    width: float
    height: float
    style: str = "bar"
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str = "curve"


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a curve."""

    x: float
    y: float
    style: str = "dot"


@dataclass(slots=True)
class Plot:
    """One chart, with the text that stands for it.

    Attributes
    ----------
    summary : str
        What can be seen, in a sentence.
    header, rows : sequence
        The same as a table.
    """

    title: str
    summary: str
    x_label: str
    y_label: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    rects: list[Rect] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    x_ticks: list[Tick] = field(default_factory=list)
    y_ticks: list[Tick] = field(default_factory=list)


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


def across(low: float, high: float) -> Axis:
    """Make a horizontal axis."""
    return Axis(low, high, LEFT, RIGHT)


def upwards(low: float, high: float) -> Axis:
    """Make a vertical axis."""
    return Axis(low, high, BOTTOM, TOP)


def columns(plot: Plot, labels: Sequence[str], values: Sequence[float], *, every: int = 1) -> Plot:
    """Draw a column for each value, and label every so many of them."""
    y = upwards(0.0, max(values, default=0.0) or 1.0)
    slot = (RIGHT - LEFT) / max(len(values), 1)
    for place, (label, value) in enumerate(zip(labels, values, strict=True)):
        left, top = LEFT + slot * place, y(value)
        plot.rects.append(
            Rect(round(left + 0.1 * slot, 2), top, round(0.8 * slot, 2), round(BOTTOM - top, 2))
        )
        if place % every == 0:
            plot.x_ticks.append(Tick(round(left + slot / 2, 2), label))
    plot.y_ticks = y.ticks()
    return plot


def curve(
    plot: Plot,
    points: Sequence[tuple[float, float]],
    *,
    x: Axis,
    y: Axis,
    with_dots: bool = False,
) -> Plot:
    """Draw a line through points, given in units of the axes."""
    places = [(x(a), y(b)) for a, b in points]
    plot.lines += [Line(x1, y1, x2, y2) for (x1, y1), (x2, y2) in pairwise(places)]
    if with_dots:
        plot.dots += [Dot(a, b) for a, b in places]
    plot.x_ticks, plot.y_ticks = x.ticks(), y.ticks()
    return plot


def diagonal(plot: Plot, x: Axis, y: Axis) -> Plot:
    """Draw where both values are equal."""
    plot.lines.insert(0, Line(x(x.low), y(x.low), x(x.high), y(x.high), "reference"))
    return plot
