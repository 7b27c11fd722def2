"""An execution's history: which events still belong to it, and how many it may have.

Source: Step Functions developer guide, "Avoid reaching the history quota": at 24,999 events, the
next one is ExecutionSucceeded, or the execution fails and ExecutionFailed is the last. The error's
name and cause are not documented there.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from embedded_aws.step_functions import error_names, limits

_ENDS = {
    HistoryEventType.ExecutionSucceeded,
    HistoryEventType.ExecutionFailed,
    HistoryEventType.ExecutionAborted,
    HistoryEventType.ExecutionTimedOut,
}


class HistoryLimitExceededError(FailureEventException):
    """The history has no room for another event."""

    def __init__(self, context: Any) -> None:
        details = ExecutionFailedEventDetails(
            error=error_names.RUNTIME,
            cause="The execution reached the maximum number of history events "
            f"({limits.MAX_HISTORY_EVENTS}).",
        )
        super().__init__(
            FailureEvent(
                env=SimpleNamespace(next_state_name="", event_history_context=context),
                error_name=error_names.error_name(error_names.RUNTIME),
                event_type=HistoryEventType.ExecutionFailed,
                event_details=EventDetails(executionFailedEventDetails=details),
            )
        )
        self._details = details

    def get_execution_failed_event_details(self) -> ExecutionFailedEventDetails:
        """Return error and cause as they are; moto would add a state, and no state is to blame."""
        return self._details


def add_event(
    original: Callable[..., int], manager: Any, context: Any, event_type: Any, **details: Any
) -> int:
    """Add an event, unless its task was given up or its execution has ended.

    Parameters
    ----------
    original : callable
        moto's ``EventManager.add_event``.
    manager : EventManager
        The execution's.
    context : EventHistoryContext
        Of the environment that the event comes from.
    event_type : HistoryEventType
        The event.
    **details
        Passed to `original`.

    Returns
    -------
    int
        The event's id, or that of the last event if this one is not added.

    Raises
    ------
    HistoryLimitExceededError
        If the history has no room for an event that does not end the execution.
    """
    if getattr(manager, "closed", False) or getattr(context, "closed", False):
        return int(context.last_published_event_id)
    if getattr(context, "entry_is_recorded", False):
        context.entry_is_recorded = False
        return int(context.source_event_id)
    has_room = len(manager._history_event_list) < limits.MAX_HISTORY_EVENTS - 1
    if not has_room and event_type not in _ENDS:
        raise HistoryLimitExceededError(context)
    return original(manager, context, event_type, **details)


def close(env: Any) -> None:
    """Take no more events from an environment and those opened from it."""
    env.event_history_context.closed = True
    for frame in list(env._frames):
        close(frame)


def continue_history(manager: Any, earlier: Any) -> None:
    """Let a new attempt's history begin with an earlier attempt's events."""
    manager._history_event_list.extend(earlier.get_event_history())
    manager._event_id_gen._next_id = len(manager._history_event_list) + 1
