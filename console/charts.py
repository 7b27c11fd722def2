"""Charts of the report as data: what is drawn, and the text that stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Ink = Literal["accent", "dim", "good"]
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Columns:
    """A column for each of the plot's names, or else equal parts of its ``x_range``.

    ``outlined`` ones stand behind filled ones.
    """

    values: Sequence[float]
    outlined: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points."""

    points: Points
    ink: Ink = "accent"
    dashed: bool = False
    dots: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Dots:
    """Points; ``large`` ones are outlined, too."""

    points: Points
    ink: Ink = "accent"
    large: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Cells:
    """Equal squares of a grid from ``low`` to ``high`` both ways, darker the larger the number.

    Attributes
    ----------
    cells : sequence of (int, int, int)
        Column from the left, row from below, number; squares without one are left out.
    """

    low: float
    high: float
    n_bins: int
    cells: Sequence[tuple[int, int, int]]


Layer = Columns | Curve | Dots | Cells


@dataclass(slots=True)
class Plot:
    """One chart.

    Attributes
    ----------
    summary : str
        What can be seen, in a sentence.
    header, rows : sequence
        The same as a table.
    layers : list
        What is drawn, the first behind the others.
    names : sequence of str
        What the columns are called; every so many of them are written below.
    x_range, y_range : tuple of (float, float) or None
        None: as far as the layers need.
    x_is_log, x_is_whole : bool
        Whether the axis is logarithmic, and whether it counts.
    """

    title: str
    summary: str
    x_label: str
    y_label: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    layers: list[Layer] = field(default_factory=list)
    names: Sequence[str] = ()
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    x_is_log: bool = False
    x_is_whole: bool = False


def equality(low: float, high: float) -> Curve:
    """Make the line on which both values are equal."""
    return Curve([(low, low), (high, high)], "dim", dashed=True)
