"""Measured costs as a picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks.measuring import Cost
from benchmarks.preparation import FASTEST_GUNZIP, SAMPLE
from benchmarks.results import OURS, Costs
from benchmarks.tables import MILLION, peak_mib, wall_seconds

# Colours that stand out on white and on black, and tell the blind to colours apart by lightness.
_COLOURS = {
    OURS: "#1f8fff",
    SAMPLE: "#d1495b",
    "pandas, tuned": "#e39b2d",
    "DuckDB": "#2a9d72",
    FASTEST_GUNZIP: "#8a8f98",
}
# Stands for whatever the reader's page has as the colour of its text.
_INK = "#010203"
_STYLE = """<style>
svg { color: #1f2328 }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }
</style>"""


def preparation(measured: dict[int, Costs]) -> str:
    """Draw time and memory against rows.

    Parameters
    ----------
    measured : dict
        For each number of rows, costs by name.

    Returns
    -------
    str
        SVG, on a transparent ground, for light and dark pages.
    """

    def draw(figure: Figure) -> None:
        time, memory = figure.subplots(1, 2)
        _draw(time, measured, wall_seconds, "seconds")
        _draw(memory, measured, peak_mib, "peak memory, MiB")
        figure.legend(
            *time.get_legend_handles_labels(), loc="outside upper center", ncols=5, frameon=False
        )

    return as_svg(draw)


def as_svg(draw: Callable[[Figure], None]) -> str:
    """Make a picture, 9 by 3.6 inches.

    Parameters
    ----------
    draw : callable
        Fills the figure.

    Returns
    -------
    str
        SVG, on a transparent ground, for light and dark pages.
    """
    style: Any = {
        "svg.hashsalt": "benchmarks",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
        **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), _INK),
        **dict.fromkeys(("xtick.color", "ytick.color"), _INK),
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        draw(figure)
        content = io.StringIO()
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    svg = content.getvalue().replace(_INK, "currentColor")
    return svg.replace("<defs>", f"{_STYLE}\n<defs>", 1)


def _draw(
    axes: Axes, measured: dict[int, Costs], cost: Callable[[Sequence[Cost]], float], label: str
) -> None:
    for name, colour in _COLOURS.items():
        points = [
            (n_rows / MILLION, cost(costs[name]))
            for n_rows, costs in sorted(measured.items())
            if name in costs
        ]
        is_ours = name == OURS
        axes.plot(
            *zip(*points, strict=True),
            color=colour,
            label=name,
            marker="o",
            markersize=5 if is_ours else 3.5,
            linewidth=2.6 if is_ours else 1.4,
            linestyle="--" if name == FASTEST_GUNZIP else "-",
        )
    scale_axes(axes, measured, label)


def scale_axes(axes: Axes, sizes: Iterable[int], label: str) -> None:
    """Make both axes logarithmic: million rows, with a tick for each number of rows, and a cost."""
    axes.set(xscale="log", yscale="log", xlabel="million rows", ylabel=label)
    axes.set_xticks([n_rows / MILLION for n_rows in sorted(sizes)])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.grid(color=_INK, alpha=0.15, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
