"""Measured costs as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.end_to_end import STEPS
from benchmarks.measuring import Cost, Spread
from benchmarks.preparation import FASTEST_GUNZIP, SAMPLE, YARDSTICKS
from benchmarks.recordio_codec import SDK
from benchmarks.results import OURS, Costs, Results

MILLION = 1_000_000


def preparation_table(n_rows: int, costs: Costs) -> str:
    """Compare everybody on one file; ratios are medians over the repetitions, pair by pair."""
    lines = []
    for name, theirs in costs.items():
        n_lost = n_rows - theirs[0].outcome.get("rows_read", n_rows)
        lines.append(
            (
                name,
                show(Spread.of([cost.wall_seconds for cost in theirs]), ".2f"),
                f"{cpu_seconds(theirs):.2f}",
                f"{peak_mib(theirs):,.0f} ({theirs[0].start_mib:,.0f})",
                f"{n_rows / wall_seconds(theirs):,.0f}",
                f"{wall_ratio(theirs, costs[FASTEST_GUNZIP]).median:.1f}",
                f"{wall_ratio(theirs, costs[OURS]).median:.1f}",
                f"{cpu_ratio(theirs, costs[OURS]).median:.1f}",
                "" if name in YARDSTICKS else f"{n_lost:,} ({n_lost / n_rows:.1%})",
            )
        )
    header = "wall s|CPU s|peak MiB (at start)|rows/s|to gunzip|to ours|to ours, CPU|rows lost"
    return table((f"{n_rows:,} rows", *header.split("|")), lines)


def files_table(files: dict[int, dict[str, int]]) -> str:
    """Show how large the files are."""
    lines = [
        (f"{n_rows:,}", f"{sizes['compressed'] / 1e6:,.0f}", f"{sizes['plain'] / 1e6:,.0f}")
        for n_rows, sizes in sorted(files.items())
    ]
    return table(("rows", "MB, gz", "MB, plain"), lines)


def functions_table(functions: dict[int, Costs]) -> str:
    """Show both functions at each size."""
    lines = [
        (
            f"{n_rows:,}",
            step,
            show(Spread.of([cost.wall_seconds for cost in costs[step]]), ".2f"),
            f"{cpu_seconds(costs[step]):.2f}",
            f"{peak_mib(costs[step]):,.0f} ({costs[step][0].start_mib:,.0f})",
            f"{wall_seconds(costs[step]) / n_rows * 1e6:.2f}",
        )
        for n_rows, costs in sorted(functions.items())
        for step in STEPS
    ]
    header = "rows|function|wall s|CPU s|peak MiB (at start)|µs for a row"
    return table(header.split("|"), lines)


def codec_table(codec: dict[str, dict[str, Costs]]) -> str:
    """Compare the codec with the SDK's."""
    lines = []
    for kind, tasks in codec.items():
        for task, costs in tasks.items():
            ours, theirs = costs[OURS], costs[SDK]
            n_rows = ours[0].outcome["n_rows"]
            lines.append(
                (
                    kind,
                    task,
                    f"{n_rows / wall_seconds(ours):,.0f}",
                    f"{n_rows / wall_seconds(theirs):,.0f}",
                    show(wall_ratio(theirs, ours), ".0f"),
                    f"{cpu_ratio(theirs, ours).median:.0f}",
                )
            )
    header = ("rows", "task", "ours, rows/s", "SDK, rows/s", "ratio", "ratio of CPU")
    return table(header, lines)


def codec_memory_table(codec_memory: dict[str, dict[str, Cost]]) -> str:
    """Show what each task of the codec takes, beside the input that is in memory already."""
    lines = [
        (
            kind,
            f"{costs['encode'].outcome['n_bytes'] / 2**20:,.0f}",
            *(f"{cost.peak_mib - cost.start_mib:,.0f}" for cost in costs.values()),
        )
        for kind, costs in codec_memory.items()
    ]
    tasks = [task for costs in codec_memory.values() for task in costs]
    return table(("MiB", "file", *dict.fromkeys(tasks)), lines)


def goals_table(results: Results) -> str:
    """Say which goals are met, of those that were measured."""
    lines = [
        (goal, measured, "yes" if is_met else "**no**")
        for goal, measured, is_met in _goals(results)
    ]
    return table(("goal", "measured", "met"), lines)


def _goals(results: Results) -> Iterator[tuple[str, str, bool]]:
    costs = results.preparation.get(MILLION, {})
    if SAMPLE in costs:
        ours, sample = costs[OURS], costs[SAMPLE]
        faster, slower = wall_ratio(sample, ours), wall_ratio(ours, costs[FASTEST_GUNZIP])
        memory = peak_mib(ours) / peak_mib(sample)
        n_lost = MILLION - ours[0].outcome["rows_read"]
        name = "preparation of 1 M rows"
        yield f"{name}: at least 5 times the sample's speed", show(faster), faster.median >= 5
        yield f"{name}: at most half of its memory", f"{memory:.2f}", memory <= 0.5
        yield f"{name}: no row lost", f"{n_lost}", n_lost == 0
        yield f"{name}: at most 3 times the fastest gunzip", show(slower), slower.median <= 3
    for kind, tasks in results.codec.items():
        for task in ("encode", "decode"):
            faster = wall_ratio(tasks[task][SDK], tasks[task][OURS])
            name = f"{task}, {kind}: at least 50 times the SDK's speed"
            yield name, show(faster, ".0f"), faster.median >= 50
    if large := results.functions.get(16 * MILLION):
        peak = max(peak_mib(large[step]) for step in STEPS) / 1024
        yield "both functions, 16 M rows: at most 3 GiB", f"{peak:.2f} GiB", peak <= 3
        if small := results.functions.get(MILLION):
            growth = _seconds(large) / _seconds(small) / 16
            name = "both functions, 16 M rows: at most 1.5 times the time for a row of 1 M"
            yield name, f"{growth:.2f}", growth <= 1.5


def wall_seconds(costs: Sequence[Cost]) -> float:
    """Give the median."""
    return Spread.of([cost.wall_seconds for cost in costs]).median


def cpu_seconds(costs: Sequence[Cost]) -> float:
    """Give the median."""
    return Spread.of([cost.cpu_seconds for cost in costs]).median


def peak_mib(costs: Sequence[Cost]) -> float:
    """Give the largest."""
    return max(cost.peak_mib for cost in costs)


def wall_ratio(ones: Sequence[Cost], others: Sequence[Cost]) -> Spread:
    """Divide wall times, pair by pair."""
    pairs = zip(ones, others, strict=True)
    return Spread.of([one.wall_seconds / other.wall_seconds for one, other in pairs])


def cpu_ratio(ones: Sequence[Cost], others: Sequence[Cost]) -> Spread:
    """Divide processor times, pair by pair."""
    pairs = zip(ones, others, strict=True)
    return Spread.of([one.cpu_seconds / other.cpu_seconds for one, other in pairs])


def show(spread: Spread, digits: str = ".1f") -> str:
    """Write the median, and in brackets the smallest and largest."""
    return f"{spread.median:{digits}} ({spread.low:{digits}} to {spread.high:{digits}})"


def _seconds(costs: Costs) -> float:
    return sum(wall_seconds(costs[step]) for step in STEPS)


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Align columns, so that the table can be read as text too."""
    rows = [tuple(header), *map(tuple, lines)]
    columns = [
        _column(cells, first=number == 0) for number, cells in enumerate(zip(*rows, strict=True))
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in zip(*columns, strict=True))


def _column(cells: Sequence[str], *, first: bool) -> list[str]:
    """Pad a column's cells, and put the rule below its header."""
    width = max(map(len, cells))
    rule = "-" * width if first else "-" * (width - 1) + ":"
    header, *others = (cell.ljust(width) if first else cell.rjust(width) for cell in cells)
    return [header, rule, *others]
