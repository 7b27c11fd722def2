"""Both routes' time and memory as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.plot import as_svg, scale_axes
from benchmarks.scale.results import Results, Runs, median_of
from benchmarks.tables import MILLION

# Colours that stand out on white and on black, and differ by lightness too.
_COLOURS = {"functions": "#e39b2d", "Spark, 1 core": "#2a9d72", "Spark, 2 cores": "#1f8fff"}


def curves(results: Results) -> str:
    """Draw time and memory against rows, as SVG; what was refused is not there."""
    measured = {
        "functions": [run for run in results.plain("functions") if _is_done(run.found)],
        "Spark, 1 core": results.plain(cores=1),
        "Spark, 2 cores": results.plain(cores=2),
    }

    def draw(figure: Figure) -> None:
        time, memory = figure.subplots(1, 2)
        _draw(time, measured, lambda found: float(found["wall_seconds"]), "seconds")
        _draw(memory, measured, _peak_mib, "peak memory of all processes, MiB")
        memory.set_yticks([250, 500, 1000, 2000, 4000])
        figure.legend(
            *time.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False
        )

    return as_svg(draw)


def _draw(
    axes: Axes,
    measured: Mapping[str, Runs],
    cost: Callable[[Mapping[str, Any]], float],
    label: str,
) -> None:
    for name, runs in measured.items():
        sizes = sorted({run.n_rows for run in runs})
        axes.plot(
            [n_rows / MILLION for n_rows in sizes],
            [median_of([run for run in runs if run.n_rows == n], cost) for n in sizes],
            color=_COLOURS[name],
            label=name,
            marker="o",
            markersize=4,
        )
    scale_axes(axes, {run.n_rows for runs in measured.values() for run in runs}, label)


def _is_done(found: Mapping[str, Any]) -> bool:
    return all("errorType" not in one["answer"] for one in found["functions"].values())


def _peak_mib(found: Mapping[str, Any]) -> float:
    return float(found["peak_rss_bytes"]["all"]) / 2**20
