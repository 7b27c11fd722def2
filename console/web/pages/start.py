"""Starting an execution: its input as a form and as JSON, checked while somebody types."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.errors import ConsoleError, EnvironmentProblemError
from console.execution_reference import describe
from console.executions import start_execution
from console.input_form.conversion import default_texts
from console.input_form.draft import Draft, Drafting, pretty
from console.input_form.fields import form_fields, form_sections, place_of
from console.input_plan import bound, plan
from console.printable import printable
from console.stored_ratings import stored_ratings
from console.web.place import place
from lambdas.resolve_run.instance_types import instance_types

page = Blueprint("start", __name__)

_FORM, _JSON = "form", "json"


@page.get("/start")
def show() -> str:
    """Show the form, filled in with the input of the execution that ``from`` names."""
    drafting, notes = _drafting(again=True)
    name = request.args.get("from")
    if name is None:
        return _render(drafting, drafting.of_json("{}"), notes)
    given = describe(place().stack.access, place().arn_of(name)).described.get("input") or "{}"
    return _render(drafting, drafting.of_json(_readable(given)), notes, came_from=name)


@page.post("/start/check")
def check() -> dict[str, Any]:
    """Check what was typed; give the other side of it, and all problems or the cost."""
    drafting, _ = _drafting(again=False)
    draft = _draft(drafting)
    checked = draft.checked
    return {
        "json": draft.text,
        "form": draft.form.texts if draft.form else None,
        "not_shown": [printable(path) for path in draft.form.not_shown] if draft.form else [],
        "problems": [asdict(problem) for problem in _problems(draft)],
        "bound": bound(checked.hours) if checked.hours else None,
        "plan": plan(checked.run) if checked.run else [],
    }


@page.post("/start")
def start() -> str | Response | tuple[str, int]:
    """Start an execution, or show again what was typed and why it does not start."""
    drafting, notes = _drafting(again=False)
    draft = _draft(drafting)
    if draft.execution_input is None or draft.checked.problems:
        return _render(drafting, draft, notes), HTTPStatus.BAD_REQUEST
    try:
        arn = start_execution(
            place().stack, draft.execution_input, name=request.form.get("name") or None
        )
    except ConsoleError as error:
        return _render(drafting, draft, [*notes, *error.lines]), HTTPStatus.BAD_REQUEST
    return redirect(url_for("execution.show", name=arn.rpartition(":")[2]))


def _draft(drafting: Drafting) -> Draft:
    if request.form.get("side") == _FORM:
        fields = form_fields()
        return drafting.of_form(
            {name: text for name, text in request.form.items() if name in fields and text}
        )
    return drafting.of_json(request.form.get(_JSON, ""))


def _drafting(*, again: bool) -> tuple[Drafting, list[str]]:
    """Read the deployment's defaults, but not at every key that somebody presses."""
    deployment, notes = place().read_input_defaults(again=again)
    return Drafting(place().stack, deployment), notes


@dataclass(frozen=True, slots=True)
class _PlacedProblem:
    """A problem in words for the list of all, and in a text for its place in the form."""

    place: str
    words: str
    text: str


def _problems(draft: Draft) -> list[_PlacedProblem]:
    placed = [(place_of(problem.path), problem) for problem in draft.checked.problems]
    return [
        _PlacedProblem(
            where,
            printable(str(problem)),
            printable(problem.text if problem.name == where else str(problem)),
        )
        for where, problem in placed
    ]


def _readable(text: str) -> str:
    try:
        return pretty(json.loads(text))
    except ValueError:
        return text


def _render(
    drafting: Drafting, draft: Draft, notes: list[str], *, came_from: str | None = None
) -> str:
    problems = _problems(draft)
    by_place: dict[str, list[str]] = {}
    for problem in problems:
        by_place.setdefault(problem.place, []).append(problem.text)
    try:
        ratings = stored_ratings(drafting.stack)
    except EnvironmentProblemError as error:
        ratings, notes = [], [*notes, f"The ratings are not listed: {error}"]
    checked = draft.checked
    return render_template(
        "start.html.j2",
        sections=form_sections(),
        texts=draft.form.texts if draft.form else {},
        defaults=default_texts(drafting.defaults),
        not_shown=draft.form.not_shown if draft.form else (),
        text=draft.text,
        problems=problems,
        problems_at=by_place,
        field_names=form_fields().keys(),
        bound=bound(checked.hours) if checked.hours else None,
        plan=plan(checked.run) if checked.run else [],
        suggestions={
            "dataset.uri": ratings,
            "training.instance_type": instance_types("training"),
            "transform.instance_type": instance_types("batch transform"),
        },
        notes=notes,
        came_from=came_from,
        name=request.form.get("name", ""),
    )
