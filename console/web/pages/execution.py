"""One execution, live: its graph, its time, its jobs and logs; stopped and redriven from here."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from console import report_charts, result
from console.errors import BadInputError
from console.execution_control import redrive as redrive_execution
from console.execution_control import stop as stop_execution
from console.execution_reference import describe
from console.gantt import draw_gantt
from console.live_execution import LiveExecution, Look
from console.report import MAX_EVENTS, MAX_STATES, drawing, last_moment, render_report
from console.run_details import gather_details
from console.run_record import gather
from console.state_graph import BOX_HEIGHT, BOX_WIDTH, draw_graph
from console.tuning_trials import best_trial
from console.web.place import place

page = Blueprint("execution", __name__, url_prefix="/executions/<name>")

_SHOWN_TRIALS = 50
# As the page itself says: it is the file that `recommender report` writes.
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@page.get("/")
def show(name: str) -> str:
    """Show an execution; the browser asks again while it runs."""
    look = _look(name)
    return render_template("execution.html.j2", look=look, **_parts(look))


@page.post("/stop")
def stop(name: str) -> AnyResponse:
    """Stop it and its SageMaker job."""
    stop_execution(describe(place().stack.access, place().arn_of(name)))
    return redirect(url_for("execution.show", name=name))


@page.post("/redrive")
def redrive(name: str) -> AnyResponse:
    """Let it go on where it failed or was stopped."""
    redrive_execution(describe(place().stack.access, place().arn_of(name)))
    return redirect(url_for("execution.show", name=name))


@page.get("/report")
def report(name: str) -> Response:
    """Show the report of an execution that has ended."""
    here, arn = place(), place().arn_of(name)
    execution = describe(here.stack.access, arn)
    if execution.status in ("RUNNING", "PENDING_REDRIVE"):
        raise BadInputError(f"{name} has not ended yet; its report can be had then")

    def render() -> str:
        record = gather(here.stack.access, arn)
        return render_report(record, gather_details(here.stack.access, record))

    text = here.reports.get((arn, execution.status, execution.redrives), render)
    return Response(text, mimetype="text/html", headers={"Content-Security-Policy": _REPORT_POLICY})


def _look(name: str) -> Look:
    here, arn = place(), place().arn_of(name)
    return here.live.get(arn, lambda: LiveExecution(here.stack.access, arn)).look()


def _parts(look: Look) -> dict[str, Any]:
    record = look.record
    return {
        "record": record,
        "details": look,
        "outcome": result.outcome_sentence(record),
        "comparisons": result.comparisons(record.metrics),
        "graph": draw_graph(look.definition, record.states),
        "graph_box": {"width": BOX_WIDTH, "height": BOX_HEIGHT},
        "gantt": draw_gantt(look.events, look.jobs, last_moment(record, look.events)),
        "events": look.events.rows[-MAX_EVENTS:],
        "max_states": MAX_STATES,
        "learning": _learning(look),
        "trials": look.trials[:_SHOWN_TRIALS],
        "best": best_trial(look.trials),
        "short_number": result.short_number,
        "documents": [
            (label, _pretty(look.execution.described.get(member)))
            for label, member in (("Input", "input"), ("Output", "output"))
            if look.execution.described.get(member)
        ],
    }


def _learning(look: Look) -> Markup:
    """Draw the learning curves: anew only when they have grown."""
    plots = report_charts.learning_charts(look.curve)
    if not plots:
        return Markup()
    key = (look.execution.arn, look.execution.redrives, len(look.curve), look.curve[-1])
    template = current_app.jinja_env.get_template("learning.html.j2")
    return place().charts.get(
        key,
        lambda: Markup(template.render(plots=plots, drawn=drawing())),  # noqa: S704 - escaped there
    )


def _pretty(text: Any) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return str(text)
