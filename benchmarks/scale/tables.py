"""Measured runs as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.measuring import Spread
from benchmarks.scale.model import Load, shuffle_bytes
from benchmarks.scale.results import Measured, Results, median_of, same
from benchmarks.tables import MILLION, show, table

_COMPARED = (4 * MILLION, 16 * MILLION, 64 * MILLION)


def goal(results: Results) -> str:
    """Say how the time for a row grows from 4 M to 64 M rows with two cores."""
    by_rows = same(results.plain(cores=2))
    small, middle, large = (
        median_of(by_rows[n_rows, 2], lambda found: float(found["wall_seconds"]))
        for n_rows in _COMPARED
    )
    ratio = large / small * _COMPARED[0] / _COMPARED[2]
    first = (middle - small) / (_COMPARED[1] - _COMPARED[0])
    then = (large - middle) / (_COMPARED[2] - _COMPARED[1])
    return (
        "Two cores and 8 GB of heap pass 64 M rows. "
        f"A row takes {small / _COMPARED[0] * 1e6:.1f} µs of 4 M and "
        f"{large / _COMPARED[2] * 1e6:.1f} µs of 64 M: {ratio:.2f} times as long (aimed at: 1.3 "
        f"at most). A further row takes {first * 1e6:.1f} µs up to 16 M, {then * 1e6:.1f} µs up to "
        f"64 M: {then / first:.2f} times as long without what is fixed."
    )


def curves_table(results: Results) -> str:
    """Show the Spark route's time and memory against rows."""
    lines = []
    for (n_rows, cores), runs in same(results.plain()).items():
        wall = Spread.of([run.found["wall_seconds"] for run in runs])
        peaks = [run.found["peak_rss_bytes"] for run in runs]
        lines.append(
            (
                f"{n_rows / MILLION:g} M",
                str(cores),
                str(len(runs)),
                _shown(wall, ".0f"),
                f"{wall.median / n_rows * 1e6:.1f}",
                f"{median_of(runs, _cpu_seconds):.0f}",
                f"{median_of(runs, _of_others):.0f}",
                f"{max(peak['jvm'] for peak in peaks) / 2**20:,.0f}",
                f"{max(run.found['peak_heap_bytes'] for run in runs) / 2**20:,.0f}",
                f"{max(peak['workers'] for peak in peaks) / 2**20:,.0f}",
                f"{shuffle_bytes(runs[-1].found) / 1e9:.2f}",
                f"{_spilled(runs[-1].found) / 1e9:.2f}",
                f"{max(run.found['peak_disk_bytes'] for run in runs) / 1e9:.2f}",
                f"{sum(runs[-1].found['s3']['requests'].values()):,}",
                f"{Load.of(runs[-1]).kept:,}",
            )
        )
    header = (
        "rows|cores|runs|wall s|µs a row|CPU s|others' CPU s|JVM, MiB|heap, MiB|"
        "Python workers, MiB|shuffled GB|spilled GB|disk GB|S3 requests|ratings kept"
    )
    return table(header.split("|"), lines)


def functions_table(results: Results) -> str:
    """Show the functions' time and memory against rows, and what they refuse."""
    lines = []
    for (n_rows, _), runs in same(results.plain("functions")).items():
        for name in runs[-1].found["functions"]:
            ones = [run.found["functions"][name] for run in runs]
            wall = Spread.of([one["wall_seconds"] for one in ones])
            answer = ones[-1]["answer"]
            lines.append(
                (
                    f"{n_rows / MILLION:g} M",
                    name,
                    _shown(wall, ".1f"),
                    f"{wall.median / n_rows * 1e6:.2f}",
                    f"{max(one['peak_mib'] for one in ones):,.0f}",
                    answer.get("errorType")
                    or (f"{answer['accounting']['kept']:,} kept" if "accounting" in answer else ""),
                )
            )
    return table(("rows", "function", "wall s", "µs a row", "peak MiB", "answer"), lines)


def steps_table(results: Results) -> str:
    """Show what each step of the largest job takes."""
    run = results.largest
    lines = [
        (
            name,
            f"{step['seconds']:.0f}",
            f"{step['cpu_seconds']['jvm'] / run.n_rows * 1e6:.2f}",
            f"{step['cpu_seconds']['workers'] / run.n_rows * 1e6:.2f}",
            f"{step['gc_seconds']:.1f}",
            f"{step['shuffle_write_bytes'] / run.n_rows:.1f}",
            f"{step['n_tasks']:,}",
            f"{step['longest_task_seconds']:.1f}",
            f"{step['largest_task_bytes'] / 1e6:.0f}",
        )
        for name, step in run.found["steps"].items()
    ]
    header = (
        "step|wall s|JVM, CPU µs a row|Python, CPU µs a row|GC s|shuffled bytes a row|tasks|"
        "longest task, s|most bytes shuffled to a task, MB"
    )
    return table(header.split("|"), lines)


def skew_table(results: Results) -> str:
    """Show skewed data beside even data of the same size, all with the filter at 1."""
    lines = []
    runs = [run for run in results.runs if run.route == "spark" and run.filters]
    for run in sorted(runs, key=lambda run: (run.n_rows, run.skew or "", len(run.settings))):
        steps = run.found["steps"]
        longest = max(steps, key=lambda name: steps[name]["longest_task_seconds"])
        lines.append(
            (
                f"{run.n_rows / MILLION:g} M",
                ", ".join([f"one {run.skew}" if run.skew else "even", *_shown_settings(run)]),
                f"{run.found['wall_seconds']:.0f}",
                f"{_cpu_seconds(run.found):.0f}",
                f"{steps[longest]['longest_task_seconds']:.1f} ({longest})",
                f"{steps['cleanse']['largest_task_bytes'] / 1e6:.0f}",
                f"{_spilled(run.found) / 1e9:.2f}",
                f"{run.found['peak_rss_bytes']['all'] / 2**20:,.0f}",
                f"{Load.of(run).kept:,}",
            )
        )
    header = (
        "rows|ratings|wall s|CPU s|longest task, s (step)|most bytes to a task of cleanse, MB|"
        "spilled GB|peak MiB|ratings kept"
    )
    return table(header.split("|"), lines)


def _shown(spread: Spread, digits: str) -> str:
    """Write the median, and the smallest and largest if there are others."""
    return f"{spread.median:{digits}}" if spread.low == spread.high else show(spread, digits)


def _shown_settings(run: Measured) -> list[str]:
    """Write settings without the path of their names."""
    return [f"{name.rpartition('.')[2]} {value}" for name, value in run.settings.items()]


def _cpu_seconds(found: Mapping[str, Any]) -> float:
    return float(sum(found["cpu_seconds"].values()))


def _of_others(found: Mapping[str, Any]) -> float:
    """Give the processor time that neither the job nor S3 used."""
    used: float = found["machine_seconds"]["used"] - found["s3"]["cpu_seconds"]
    return used - _cpu_seconds(found)


def _spilled(found: Mapping[str, Any]) -> int:
    return sum(step["disk_spill_bytes"] for step in found["steps"].values())
