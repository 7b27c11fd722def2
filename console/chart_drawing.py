"""Charts drawn by matplotlib, as SVG that takes its colours and its font from the page.

matplotlib takes half a second to import, so only who draws imports this module.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from threading import Lock
from typing import Any

import matplotlib as mpl
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from console.chart_markup import INKS, markup
from console.charts import Cells, Columns, Curve, Dots, Plot

# 360 by 226 units, where a letter is 11.5 units high: neither a phone nor a sheet of paper makes it
# unreadable.
_INCHES = (5.0, 3.14)
_FRAME = (0.155, 0.19, 0.81, 0.69)
_MOST_NAMES = 10
_FEWEST_SLOTS = 6
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "report",  # ids would be random
    "path.simplify": False,
    "font.family": "DejaVu Sans",  # comes with matplotlib: measures the same everywhere
    "font.size": 11.5,
    "text.parse_math": False,  # labels are data: a $ is a $
    "axes.formatter.use_locale": False,
}
# The style is the process's, not the thread's. It begins from matplotlib's own: a person may have a
# file with another.
_ONE_AT_A_TIME = Lock()


def draw(plot: Plot, *, prefix: str) -> str:
    """Draw a chart.

    Parameters
    ----------
    plot : Plot
    prefix : str
        Put before the ids in the SVG, so that they are unique in the page.

    Returns
    -------
    str
        What belongs between ``<svg viewBox="0 0 360 226">`` and ``</svg>``, the same bytes for the
        same plot. Every mark has the class ``mark``, every text the class ``tick``.
    """
    with _ONE_AT_A_TIME, mpl.style.context(["default", _STYLE]):
        figure = Figure(figsize=_INCHES)
        FigureCanvasSVG(figure)
        axes = figure.add_axes(_FRAME)
        _lay_out(axes, plot)
        for number, layer in enumerate(plot.layers):
            _DRAWERS[type(layer)](axes, layer, plot, 2 + number)
        _limit(axes, plot)
        _write_labels(figure, axes, plot)
        content = io.StringIO()
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    return markup(content.getvalue(), prefix=prefix)


def _lay_out(axes: Axes, plot: Plot) -> None:
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=6)
    axes.grid(axis="y", color=INKS["line"], linewidth=1, clip_on=False)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_number))
    if plot.names:
        every = math.ceil(len(plot.names) / _MOST_NAMES)
        shown = range(0, len(plot.names), every)
        axes.set_xticks(list(shown), [_ascii(plot.names[place]) for place in shown])
        return
    if plot.x_is_log:
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=plot.x_is_whole))
    axes.xaxis.set_major_formatter(FuncFormatter(_number))


def _limit(axes: Axes, plot: Plot) -> None:
    if plot.x_range:
        axes.set_xlim(*plot.x_range)
    if plot.y_range:
        axes.set_ylim(*plot.y_range)
    elif any(isinstance(layer, Columns) for layer in plot.layers):
        axes.set_ylim(0.0, axes.get_ylim()[1])
    if plot.names:
        # A few columns are no wider than they would be among others.
        beside = max(0.0, (_FEWEST_SLOTS - len(plot.names)) / 2) + 0.6
        axes.set_xlim(-beside, len(plot.names) - 1 + beside)
    if plot.x_is_log:
        low, high = axes.get_xlim()
        one_a_decade = high > 100 * low
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if one_a_decade else (1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())


def _write_labels(figure: Figure, axes: Axes, plot: Plot) -> None:
    figure.text(0.01, 0.945, _ascii(plot.y_label), ha="left")
    figure.text(_FRAME[0] + _FRAME[2] / 2, 0.025, _ascii(plot.x_label), ha="center")
    if axes.get_legend_handles_labels()[1]:
        figure.legend(loc="upper right", ncols=3, frameon=False, borderpad=0.1,
                      bbox_to_anchor=(0.99, 1.01), handlelength=1.4, columnspacing=1.2)  # fmt: skip


def _columns(axes: Axes, layer: Columns, plot: Plot, depth: float) -> None:
    ink = INKS["dim"] if layer.outlined else INKS["accent"]
    low, high = plot.x_range or (-0.5, len(layer.values) - 0.5)
    slot = (high - low) / len(layer.values)
    # The outline stays within the slot; what is filled stands inside it.
    bars = axes.bar(
        [low + slot * (place + 0.5) for place in range(len(layer.values))],
        layer.values,
        width=slot * (0.86 if layer.outlined else 0.7),
        facecolor="none" if layer.outlined else ink,
        edgecolor=ink if layer.outlined else "none",
        linewidth=1.2,
        clip_on=False,
        zorder=depth,
        label=layer.label or None,
    )
    for bar in bars:
        bar.set_gid("mark")


def _curve(axes: Axes, layer: Curve, _plot: Plot, depth: float) -> None:
    axes.plot(
        *zip(*layer.points, strict=True),
        color=INKS[layer.ink],
        linewidth=1.4 if layer.dashed or layer.ink == "dim" else 2.2,
        linestyle=(0, (4, 4)) if layer.dashed else "-",
        solid_capstyle="round",
        marker="o" if layer.dots else "",
        markersize=6,
        clip_on=False,
        zorder=depth,
        label=layer.label or None,
        gid="reference" if layer.dashed else "mark",
    )


def _dots(axes: Axes, layer: Dots, _plot: Plot, depth: float) -> None:
    axes.plot(
        *zip(*layer.points, strict=True),
        linestyle="none",
        marker="D" if layer.large else "o",
        markersize=9 if layer.large else 6.5,
        markerfacecolor=INKS[layer.ink],
        markeredgecolor=INKS["text"] if layer.large else "none",
        clip_on=False,
        zorder=depth,
        label=layer.label or None,
        gid="mark",
    )


def _cells(axes: Axes, layer: Cells, _plot: Plot, depth: float) -> None:
    size = (layer.high - layer.low) / layer.n_bins
    most = max((number for *_, number in layer.cells), default=1)
    for column, row, number in layer.cells:
        axes.add_patch(
            Rectangle(
                (layer.low + size * column, layer.low + size * row),
                size,
                size,
                facecolor=INKS["accent"],
                alpha=round(0.12 + 0.88 * math.sqrt(number / most), 2),
                clip_on=False,
                zorder=depth,
                gid="mark",
            )
        )


_DRAWERS: dict[type, Callable[[Axes, Any, Plot, float], None]] = {
    Columns: _columns,
    Curve: _curve,
    Dots: _dots,
    Cells: _cells,
}


def _number(value: float, _place: int | None = None) -> str:
    """Write a round number briefly."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:,g}M"
    return f"{0.0 if abs(value) < 1e-12 else value:,g}"


def _ascii(text: str) -> str:
    """Keep what every font has; SVG cannot hold control characters at all."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
