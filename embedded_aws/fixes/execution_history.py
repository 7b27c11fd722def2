"""GetExecutionHistory honours ``reverseOrder``, ``maxResults`` and ``nextToken``; moto does not."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

_MOST_EVENTS = 1000  # AWS's largest and default page


def apply() -> None:
    """Return one page of events in the order that was asked for."""

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

    StepFunctionResponse.get_execution_history = get_execution_history
