"""Runs side by side."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from console.compared_runs import read_runs
from console.comparison import FEWEST, MOST, compare
from console.errors import BadInputError
from console.execution_reference import describe
from console.web.place import place

page = Blueprint("comparison", __name__)


@page.get("/compare")
def show() -> str:
    """Set executions side by side, in the order in which they are asked for.

    ``run`` is the name of an execution, several times; ``all`` shows also what is the same.
    """
    names = list(dict.fromkeys(request.args.getlist("run")))
    if not FEWEST <= len(names) <= MOST:
        raise BadInputError(
            f"expected {FEWEST} to {MOST} executions to compare, found {len(names)}; tick them in "
            "the list of executions"
        )
    here, show_all = place(), "all" in request.args
    executions = [describe(here.stack.access, here.arn_of(name)) for name in names]
    runs, gaps = read_runs(executions)
    comparison = compare(runs, show_all=show_all)
    return render_template(
        "comparison.html.j2", comparison=comparison, gaps=gaps, names=names, show_all=show_all
    )
