"""The context object holds what AWS documents: text timestamps and the redrive count.

``$$.Execution.StartTime`` is ISO 8601 text on AWS; in moto it is a datetime, which no later step
can turn into JSON. ``$$.Execution.RedriveCount`` is 0 on AWS until the first redrive; moto lacks
it.
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.asl.eval.states import States


def _iso_8601(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def apply() -> None:
    """Complete the context object whenever a new one is made."""
    init = States.__init__

    def complete_init(self: States, context: Any) -> None:
        execution = context["Execution"]
        execution["StartTime"] = _iso_8601(execution["StartTime"])
        execution.setdefault("RedriveCount", 0)
        init(self, context)

    States.__init__ = complete_init
