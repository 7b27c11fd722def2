"""Charts of the report as inline SVG: positions are computed here, the template draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from console.timeline import StateRun
from console.training_log import EpochMetric

WIDTH = 720.0
LABEL_WIDTH = 190.0
ROW_HEIGHT = 22.0
CURVE_HEIGHT = 220.0
CURVE_LEFT, CURVE_BOTTOM, CURVE_TOP = 56.0, 28.0, 10.0
_MIN_BAR = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One state of the Gantt chart, in units of the drawing."""

    name: str
    status: str
    seconds: float
    x: float
    y: float
    width: float
    label_x: float
    label_before: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    position: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A learning curve.

    Attributes
    ----------
    points : str
        As the ``points`` of an SVG polyline.
    """

    label: str
    points: str
    first: float
    last: float
    epochs: int
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def gantt(states: Sequence[StateRun]) -> list[Bar]:
    """Place ended states on a common time axis.

    Parameters
    ----------
    states : sequence of StateRun
        In the order they were entered.
    """
    ended = [state for state in states if state.ended_at is not None]
    if not ended:
        return []
    start = min(state.started_at for state in ended)
    span = max(
        (state.ended_at - start).total_seconds() for state in ended if state.ended_at
    ) or 1.0  # fmt: skip
    plot = WIDTH - LABEL_WIDTH
    bars = []
    for row, state in enumerate(ended):
        x = LABEL_WIDTH + plot * (state.started_at - start).total_seconds() / span
        width = max(_MIN_BAR, plot * (state.seconds or 0.0) / span)
        x = min(x, WIDTH - width)
        before = x + width > WIDTH - 60
        bars.append(
            Bar(
                name=state.name,
                status=state.status,
                seconds=state.seconds or 0.0,
                x=round(x, 1),
                y=row * ROW_HEIGHT,
                width=round(width, 1),
                label_x=round(x - 5 if before else x + width + 5, 1),
                label_before=before,
            )
        )
    return bars


def learning_curves(metrics: Sequence[EpochMetric]) -> list[Curve]:
    """Draw each metric of a training over its epochs; one epoch alone is no curve."""
    names = dict.fromkeys(metric.name for metric in metrics)
    curves = (_curve([metric for metric in metrics if metric.name == name]) for name in names)
    return [curve for curve in curves if curve is not None]


def _curve(metrics: Sequence[EpochMetric]) -> Curve | None:
    drawn = [metric for metric in metrics if math.isfinite(metric.value)]
    if len(drawn) < 2:
        return None
    low, high = min(m.value for m in drawn), max(m.value for m in drawn)
    last_epoch = max(m.epoch for m in drawn) or 1
    span = (high - low) or 1.0

    def x(epoch: float) -> float:
        return round(CURVE_LEFT + (WIDTH - CURVE_LEFT - 10) * epoch / last_epoch, 1)

    def y(value: float) -> float:
        plot = CURVE_HEIGHT - CURVE_TOP - CURVE_BOTTOM
        return round(CURVE_TOP + plot * (high - value) / span, 1)

    every = max(1, math.ceil((last_epoch + 1) / 10))
    return Curve(
        label=drawn[0].label,
        points=" ".join(f"{x(m.epoch)},{y(m.value)}" for m in drawn),
        first=drawn[0].value,
        last=drawn[-1].value,
        epochs=last_epoch + 1,
        x_ticks=tuple(Tick(x(e), str(e + 1)) for e in range(0, last_epoch + 1, every)),
        y_ticks=tuple(Tick(y(v), f"{v:.3f}") for v in (low, (low + high) / 2, high)),
    )
