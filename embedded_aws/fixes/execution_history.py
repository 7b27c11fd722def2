"""GetExecutionHistory has pages and an order, and a history has an end; neither is so in moto.

``reverseOrder``, ``maxResults`` and ``nextToken`` are honoured, an execution fails when its history
is full, and a task that was given up writes no more events.
"""

from __future__ import annotations

import threading
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.responses import StepFunctionResponse

from embedded_aws.step_functions import history

_MOST_EVENTS = 1000  # AWS's largest and default page


def apply() -> None:
    """Return one page of events in the order that was asked for; keep the history's limit."""

    def get_execution_history(self: StepFunctionResponse) -> ActionResult:
        arn = self._get_param("executionArn")
        events = list(self.stepfunction_backend.get_execution_history(arn)["events"])
        if self._get_param("reverseOrder"):
            events.reverse()
        first = int(self._get_param("nextToken") or 0)
        last = first + int(self._get_param("maxResults") or _MOST_EVENTS)
        page: dict[str, Any] = {"events": events[first:last]}
        if last < len(events):
            page["nextToken"] = str(last)
        return ActionResult(page)

    init = EventManager.__init__
    original = EventManager.add_event

    def init_with_lock(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self.adding = threading.Lock()

    def add_event(self: Any, context: Any, event_type: Any, **details: Any) -> int:
        with self.adding:
            return history.add_event(original, self, context, event_type, **details)

    StepFunctionResponse.get_execution_history = get_execution_history
    EventManager.__init__ = init_with_lock
    EventManager.add_event = add_event
