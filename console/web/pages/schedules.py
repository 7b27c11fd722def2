"""The schedules of the pipeline: when they fire; paused, resumed and fired from here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.errors import BadInputError
from console.input_check import check
from console.input_form.draft import pretty
from console.input_plan import bound
from console.schedule_words import in_words
from console.schedules import PipelineSchedule, find_schedule, list_schedules, set_state
from console.schedules import fire as fire_schedule
from console.web.place import place

page = Blueprint("schedules", __name__)

_SHOWN_TIMES = 5


@dataclass(frozen=True, slots=True)
class _Row:
    """A schedule as the page shows it."""

    schedule: PipelineSchedule
    words: str
    times: list[dt.datetime]
    input_text: str
    problems: list[str]
    bound: str


@page.get("/schedules")
def show() -> str:
    """List the schedules with their next times."""
    deployment, notes = place().read_input_defaults(again=True)
    now = dt.datetime.now(dt.UTC)
    rows = [_row(schedule, deployment, now) for schedule in list_schedules(place().stack)]
    return render_template("schedules.html.j2", rows=rows, notes=notes)


@page.post("/schedules/<name>/state")
def change_state(name: str) -> Response:
    """Pause or resume a schedule."""
    enabled = {"pause": False, "resume": True}.get(request.form.get("to", ""))
    if enabled is None:
        raise BadInputError(f"schedule {name!r}: expected to pause or to resume it")
    stack = place().stack
    schedule = find_schedule(stack, name)
    if schedule.is_enabled != enabled:
        set_state(stack, schedule, enabled=enabled)
    return redirect(url_for("schedules.show"))


@page.post("/schedules/<name>/fire")
def fire(name: str) -> Response:
    """Start an execution now, as the schedule would."""
    stack = place().stack
    arn = fire_schedule(stack, find_schedule(stack, name))
    return redirect(url_for("execution.show", name=arn.rpartition(":")[2]))


def _row(schedule: PipelineSchedule, deployment: Mapping[str, Any], now: dt.datetime) -> _Row:
    words, times = in_words(schedule.expression), schedule.next_times(now, _SHOWN_TIMES)
    try:
        given = schedule.execution_input
    except BadInputError as error:
        return _Row(schedule, words, times, schedule.input_text, error.lines, "")
    checked = check(given, deployment)
    problems = [str(problem) for problem in checked.problems]
    cost = bound(checked.hours) if checked.hours else ""
    return _Row(schedule, words, times, pretty(given), problems, cost)
