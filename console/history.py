"""Reading an execution's history again and again, new events only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def new_events(stepfunctions: Any, execution_arn: str, last_event_id: int) -> list[dict[str, Any]]:
    """Return the events after one that is known, oldest first.

    Asks for the newest first and stops at the known one, so that a long history is not read
    again at every look.

    Parameters
    ----------
    stepfunctions : boto3 client
    execution_arn : str
    last_event_id : int
        Id of the newest known event; 0 for none.
    """
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {
        "executionArn": execution_arn,
        "reverseOrder": True,
        "maxResults": 100,
        "includeExecutionData": True,
    }
    while True:
        page = stepfunctions.get_execution_history(**request)
        events = page["events"]
        found += [event for event in events if event["id"] > last_event_id]
        token = page.get("nextToken")
        if not token or any(event["id"] <= last_event_id for event in events):
            return sorted(found, key=lambda event: int(event["id"]))
        request["nextToken"] = token


def details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an event says beside its type and time; empty if nothing.

    Parameters
    ----------
    event : mapping
        As GetExecutionHistory gives it: the member is called after the type.
    """
    found = [value for key, value in event.items() if key.endswith("EventDetails")]
    return found[0] if found else {}
