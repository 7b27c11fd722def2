"""An execution's history as a list of states with times and outcomes.

Source: Step Functions API reference, HistoryEvent. Events of one state are linked by
``previousEventId``, which is how a task's events find their state.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_END_STATUS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}
_FAILURES = ("Failed", "TimedOut")


@dataclass
class StateRun:
    """One visit of a state.

    Attributes
    ----------
    kind : str
        ``Task``, ``Choice``, ``Pass``, ``Fail``, ``Succeed`` and so on.
    status : str
        RUNNING, SUCCEEDED, FAILED, ABORTED or TIMED_OUT.
    attempts : int
        How often its task was scheduled; more than one means that it was retried.
    """

    name: str
    kind: str
    started_at: datetime
    ended_at: datetime | None = None
    status: str = "RUNNING"
    attempts: int = 0
    error: str | None = None
    cause: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; ``None`` while it runs."""
        if self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


@dataclass
class Timeline:
    """What is known of an execution so far.

    Attributes
    ----------
    variables : dict
        Values that states assigned, the latest of each name.
    jobs : dict
        SageMaker job names by the member that names them, for example ``TrainingJobName``.
    status : str
        RUNNING until the execution's end.
    """

    states: list[StateRun] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    status: str = "RUNNING"
    error: str | None = None
    cause: str | None = None
    last_event_id: int = 0
    _state_of_event: dict[int, StateRun] = field(default_factory=dict, repr=False)

    def take(self, events: Iterable[Mapping[str, Any]]) -> list[StateRun]:
        """Take new events, oldest first.

        Parameters
        ----------
        events : iterable of mapping
            As GetExecutionHistory gives them; those that are known already are skipped.

        Returns
        -------
        list of StateRun
            States that began or ended, each once.
        """
        changed: list[StateRun] = []
        for event in events:
            if event["id"] <= self.last_event_id:
                continue
            self.last_event_id = event["id"]
            state = self._take(event)
            if state is not None and not any(state is known for known in changed):
                changed.append(state)
        return changed

    def _take(self, event: Mapping[str, Any]) -> StateRun | None:
        kind = event["type"]
        if kind in _END_STATUS:
            return self._end(event)
        if kind.endswith("StateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
            state = StateRun(name, kind.removesuffix("StateEntered"), event["timestamp"])
            self.states.append(state)
            self._state_of_event[event["id"]] = state
            return state
        found = self._state_of_event.get(event.get("previousEventId", 0))
        if found is None:
            return None
        self._state_of_event[event["id"]] = found
        if kind.endswith("StateExited"):
            return self._exit(found, event)
        self._progress(found, event)
        return None

    def _exit(self, state: StateRun, event: Mapping[str, Any]) -> StateRun:
        state.ended_at = event["timestamp"]
        state.status = "FAILED" if state.error is not None else "SUCCEEDED"
        assigned = event.get("stateExitedEventDetails", {}).get("assignedVariables") or {}
        self.variables.update({name: _from_json(text) for name, text in assigned.items()})
        return state

    def _progress(self, state: StateRun, event: Mapping[str, Any]) -> None:
        kind = event["type"]
        if kind.endswith("Scheduled"):
            state.attempts += 1
            state.error = state.cause = None
            parameters = _from_json(event.get("taskScheduledEventDetails", {}).get("parameters"))
            for member, value in (parameters if isinstance(parameters, dict) else {}).items():
                if member.endswith("JobName") and isinstance(value, str):
                    self.jobs[member] = value
        elif kind.endswith(_FAILURES):
            details = _details(event)
            state.error = details.get("error", kind)
            state.cause = details.get("cause")
        elif kind.endswith("Succeeded"):
            state.error = state.cause = None

    def _end(self, event: Mapping[str, Any]) -> StateRun | None:
        self.status = _END_STATUS[event["type"]]
        details = _details(event)
        self.error, self.cause = details.get("error"), details.get("cause")
        running = [state for state in self.states if state.status == "RUNNING"]
        for state in running:
            state.ended_at = event["timestamp"]
            state.status = self.status
        return running[-1] if running else None

    @property
    def failed_step(self) -> str | None:
        """Name of the state that is to blame for a failure."""
        told = self.variables.get("failure")
        if isinstance(told, dict) and "reason" in told:
            return str(told["step"])
        guilty = [state for state in self.states if state.error is not None]
        ended_badly = [state for state in self.states if state.status not in ("SUCCEEDED",)]
        candidates = guilty or ended_badly
        return candidates[-1].name if candidates else None


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = [value for key, value in event.items() if key.endswith("EventDetails")]
    return found[0] if found else {}


def _from_json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return text
