"""The list of executions: the latest first, by status or outcome."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from console.execution_list import OUTCOMES, list_executions
from console.web.place import place

page = Blueprint("executions", __name__)

STATUSES = ("running", "succeeded", "failed", "timed_out", "aborted", "pending_redrive", *OUTCOMES)
_FIRST, _MOST = 50, 1000


@page.get("/")
def show() -> str:
    """List executions.

    ``status`` chooses some, ``limit`` says how many at most.
    """
    status = request.args.get("status")
    status = status if status in STATUSES else None
    limit = min(max(request.args.get("limit", _FIRST, type=int), 1), _MOST)
    here = place()
    found = list_executions(here.stack, status=status, limit=limit, outputs=here.outputs)
    return render_template(
        "executions.html.j2",
        executions=found,
        statuses=STATUSES,
        status=status,
        limit=limit,
        next_limit=min(limit * 4, _MOST) if len(found) == limit < _MOST else None,
    )
