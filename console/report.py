"""The report of a run: one HTML file that needs no network."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from console import report_charts, result
from console.charts import Plot
from console.gantt import ROW_HEIGHT, draw_gantt
from console.run_details import RunDetails
from console.run_events import RunEvents
from console.run_record import RunRecord
from console.state_graph import BOX_HEIGHT, BOX_WIDTH, draw_graph
from console.trial_charts import trial_charts
from console.tuning_trials import best_trial

_TEMPLATES = Path(__file__).with_name("templates")
# Of a history's 25,000 possible events, so that the file stays below 3 MB.
MAX_EVENTS = 2_000
MAX_STATES = 1_000
MAX_TRIALS = 500


def render_report(record: RunRecord, details: RunDetails | None = None) -> str:
    """Render the report of a run, ended or not.

    Titles, ids and inputs are untrusted: everything is escaped.

    Parameters
    ----------
    record : RunRecord
    details : RunDetails or None
        ``None`` leaves out what only they hold.

    Returns
    -------
    str
        A complete HTML document.
    """
    details = details or RunDetails()
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        record=record,
        details=details,
        outcome=result.outcome_sentence(record),
        comparisons=result.comparisons(record.metrics),
        plain_metrics=result.plain_metrics(record.metrics),
        counts=result.counts(record.metrics),
        rejected=result.rejected_rows(record.ratings),
        accounting=record.ratings.get("accounting", {}),
        preparation=result.preparation(record),
        best=best_trial(record.trials),
        max_states=MAX_STATES,
        trials=record.trials[:MAX_TRIALS],
        graph=draw_graph(details.state_machine.get("definition", {}), record.states),
        graph_box={"width": BOX_WIDTH, "height": BOX_HEIGHT},
        gantt=draw_gantt(details.events, details.jobs, last_moment(record, details.events)),
        gantt_row=ROW_HEIGHT,
        events=details.events.rows[:MAX_EVENTS],
        rating_charts=report_charts.rating_charts(details.before, details.kept),
        learning_charts=report_charts.learning_charts(record.curve),
        trial_charts=trial_charts(record.trials),
        quality_charts=report_charts.quality_charts(details.quality),
        drawn=drawing(),
        cost=_instance_hours(details),
        code=_code(details),
        short_number=result.short_number,
        execution_input=_pretty(record.execution_input),
        resolved=_pretty(record.resolved),
    )


def drawing() -> Callable[[Plot], Markup]:
    """Make the function that draws a page's charts, each with ids of its own."""
    from console.chart_drawing import draw

    numbers = itertools.count(1)
    return lambda plot: Markup(draw(plot, prefix=f"chart-{next(numbers)}-"))  # noqa: S704


def last_moment(record: RunRecord, events: RunEvents) -> datetime:
    """Give the end, or the newest time that is known of a run without one."""
    known = [attempt.ended_at or attempt.started_at for attempt in events.attempts]
    return record.ended_at or max(known, default=record.started_at)


def _instance_hours(details: RunDetails) -> dict[str, float]:
    """Sum billable hours by instance type; jobs without an end yet are left out."""
    hours: dict[str, float] = {}
    for job in details.jobs:
        if job.instance_hours is not None:
            hours[job.instance_type] = hours.get(job.instance_type, 0.0) + job.instance_hours
    return hours


def _code(details: RunDetails) -> list[tuple[str, str]]:
    """Say which code ran; the definition's hash is the same wherever it is deployed so."""
    known = details.state_machine
    found: list[tuple[str, str]] = []
    if known:
        text = json.dumps(known["definition"], sort_keys=True, separators=(",", ":"))
        found = [
            ("state machine", str(known.get("stateMachineArn", ""))),
            ("revision", str(known.get("revisionId", "none"))),
            ("updated", str(known.get("updateDate", ""))),
            ("SHA-256 of the definition", hashlib.sha256(text.encode()).hexdigest()),
        ]
    return found + [(f"CodeSha256 of {code.state}", code.sha256) for code in details.functions]


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
