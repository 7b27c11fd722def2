"""The report of a run: one HTML file that needs no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console import charts, result
from console.run_record import RunRecord
from console.tuning_trials import best_trial

_TEMPLATES = Path(__file__).with_name("templates")


def render_report(record: RunRecord) -> str:
    """Render the report of a run, ended or not.

    Titles, ids and inputs are untrusted: everything is escaped.

    Parameters
    ----------
    record : RunRecord

    Returns
    -------
    str
        A complete HTML document.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        record=record,
        outcome=result.outcome_sentence(record),
        failure=result.failure_text(record) if record.failed else None,
        comparisons=result.comparisons(record.metrics),
        plain_metrics=result.plain_metrics(record.metrics),
        counts=result.counts(record.metrics),
        rejected=result.rejected_rows(record.ratings),
        accounting=record.ratings.get("accounting", {}),
        best=best_trial(record.trials),
        bars=charts.gantt(record.states),
        curves=charts.learning_curves(record.curve),
        charts=charts,
        short_number=result.short_number,
        execution_input=_pretty(record.execution_input),
        resolved=_pretty(record.resolved),
    )


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
