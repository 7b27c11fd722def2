"""A run's result as tables on standard output."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from console.printable import printable
from console.result import (
    comparisons,
    counts,
    outcome_sentence,
    plain_metrics,
    preparation,
    rejected_rows,
)
from console.run_record import RunRecord
from console.sample_customers import CustomerSample
from console.tuning_trials import best_trial


def print_result(record: RunRecord, report: Path | None, console: Console | None = None) -> None:
    """Print how a run went, what it measured and what its model recommends.

    Parameters
    ----------
    record : RunRecord
    report : Path or None
        Where more is to be read.
    console : rich.console.Console, optional
        Standard output by default.
    """
    console = console or Console(highlight=False)
    console.print()
    accepted = record.output.get("outcome") == "accepted"
    console.print(outcome_sentence(record), style="bold green" if accepted else "bold yellow")
    for reason in record.output.get("reasons", []):
        console.print(f"  {_shown(reason)}")
    console.print(_metrics_table(record))
    for sample in record.samples:
        console.print()
        console.print(_sample_table(sample))
    for gap in record.gaps:
        console.print(f"not shown: {_shown(gap)}", style="yellow")
    console.print(_footer(record, report), soft_wrap=True)


def _metrics_table(record: RunRecord) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    for comparison in comparisons(record.metrics):
        table.add_row(comparison.label, f"{comparison.value:.4f}", "on the test split")
        for name, value, gain in comparison.baselines:
            side = "better" if gain > 0 else "worse"
            table.add_row(f"  {name}", f"{value:.4f}", f"the model is {abs(gain):.1%} {side}")
    for label, value in plain_metrics(record.metrics):
        table.add_row(label, f"{value:.4f}", "")
    ratings = record.ratings
    accounting = ratings.get("accounting", {})
    prepared = preparation(record)
    if prepared is not None:
        table.add_row("Prepared by", prepared[0], _shown(prepared[1]))
    table.add_row("Customers", f"{ratings.get('n_users', 0):,}", "")
    table.add_row("Videos", f"{ratings.get('n_items', 0):,}", "")
    table.add_row("Rows in", f"{accounting.get('rows_read', 0):,}", "")
    splits = (f"{ratings.get(f'n_{s}', 0):,} {s}" for s in ("train", "validation", "test"))
    table.add_row("  kept", f"{accounting.get('kept', 0):,}", ", ".join(splits))
    for reason, count in rejected_rows(ratings):
        table.add_row("  rejected", f"{count:,}", reason)
    for label, count in counts(record.metrics):
        table.add_row(label.capitalize(), f"{count:,}", "")
    best = best_trial(record.trials)
    if best is not None:
        remark = f"the best is trial {best.number}: {best.metric_name} {best.objective:.4f}"
        table.add_row("Trials", str(len(record.trials)), remark)
    if record.seconds is not None:
        table.add_row("Execution", f"{record.seconds:.1f} s", f"{len(record.states)} states")
    return table


def _sample_table(sample: CustomerSample) -> Table:
    title = f"Customer {sample.customer_id}, {sample.remark}: {sample.n_ratings} ratings"
    table = Table(title=_shown(title), title_justify="left", title_style="bold", min_width=60)
    table.add_column("rated best")
    table.add_column("rating", justify="right")
    table.add_column("recommended")
    table.add_column("score", justify="right")
    for row in range(max(len(sample.favourites), len(sample.recommendations))):
        cells: list[str] = []
        for shown in (sample.favourites, sample.recommendations):
            if row < len(shown):
                cells += [_shown(shown[row].name), f"{shown[row].value:.2f}"]
            else:
                cells += ["", ""]
        table.add_row(*cells)
    return table


def _footer(record: RunRecord, report: Path | None) -> str:
    run = f"run {record.run_id}"
    return f"{run}, report: {_shown(str(report))}" if report else run


def _shown(text: str) -> str:
    """Take titles, ids and messages for text: no markup of ours, no command to the terminal."""
    return escape(printable(text))
