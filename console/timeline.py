"""An execution's history as a list of states with times and outcomes.

Source: Step Functions API reference, HistoryEvent. Events of one state are linked by
``previousEventId``, which is how a task's events find their state. A redrive goes on with the state
that failed or was stopped, in most cases without entering it again (developer guide, "Restarting
state machine executions with redrive"); which event its first one follows is not documented, so
both the state's own and ExecutionRedriven are understood.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from console.history import details_of

_END_STATUS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}
_FAILURES = ("Failed", "TimedOut")
# The error with which RunFailed leaves itself after a redrive: it is how it goes on, no failure.
_GOES_ON = "Redriven"


@dataclass(frozen=True, slots=True)
class Job:
    """A job that a state started.

    Attributes
    ----------
    kind : str
        As in SageMaker's ``Create<kind>``, for example ``TrainingJob``; ``JobRun`` of Glue.
    name : str
        Of a job run, its id.
    of : str
        The Glue job that a job run is one of.
    """

    kind: str
    name: str
    of: str = ""


@dataclass
class StateRun:
    """One visit of a state; what a redrive goes on with is a visit of its own.

    Attributes
    ----------
    kind : str
        ``Task``, ``Choice``, ``Pass``, ``Fail``, ``Succeed`` and so on.
    status : str
        RUNNING, SUCCEEDED, FAILED, ABORTED or TIMED_OUT.
    attempts : int
        How often its task was scheduled; more than one means that it was retried.
    jobs : list of Job
        What its attempts started, the first one first.
    function : str or None
        Name or ARN of the Lambda function that it calls.
    """

    name: str
    kind: str
    started_at: datetime
    ended_at: datetime | None = None
    status: str = "RUNNING"
    attempts: int = 0
    error: str | None = None
    cause: str | None = None
    jobs: list[Job] = field(default_factory=list)
    function: str | None = None

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
        RUNNING until the execution's end, and again after a redrive.
    redrives : int
        How often it was redriven.
    events : list of mapping
        The history so far, oldest first.
    """

    states: list[StateRun] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    status: str = "RUNNING"
    error: str | None = None
    cause: str | None = None
    redrives: int = 0
    last_event_id: int = 0
    events: list[Mapping[str, Any]] = field(default_factory=list, repr=False)
    _redriven_at: datetime | None = field(default=None, repr=False)
    _states_before: int = field(default=0, repr=False)
    _failure_is_old: bool = field(default=False, repr=False)
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
            self.events.append(event)
            state = self._take(event)
            if state is not None and not any(state is known for known in changed):
                changed.append(state)
        return changed

    def _take(self, event: Mapping[str, Any]) -> StateRun | None:
        kind = event["type"]
        if kind in _END_STATUS:
            return self._end(event)
        if kind == "ExecutionRedriven":
            self._redrive(event)
            return None
        if kind.endswith("StateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
            state = StateRun(name, kind.removesuffix("StateEntered"), event["timestamp"])
            self.states.append(state)
            self._state_of_event[event["id"]] = state
            return state
        found = self._state_of_event.get(event.get("previousEventId", 0))
        if found is None:
            return None
        goes_on = found.ended_at is not None and self._redriven_at is not None
        if goes_on:
            found = self._go_on(found)
        self._state_of_event[event["id"]] = found
        if kind.endswith("StateExited"):
            return self._exit(found, event)
        self._progress(found, event)
        return found if goes_on else None

    def _redrive(self, event: Mapping[str, Any]) -> None:
        self.status, self.error, self.cause = "RUNNING", None, None
        self.redrives += 1
        self._redriven_at = event["timestamp"]
        self._failure_is_old = True
        if self.states:
            self._state_of_event[event["id"]] = self.states[-1]
        self._states_before = len(self.states)

    def _go_on(self, earlier: StateRun) -> StateRun:
        """Begin a visit for what is done again without being entered again."""
        assert self._redriven_at is not None  # noqa: S101 - the caller has looked
        state = StateRun(earlier.name, earlier.kind, self._redriven_at)
        self.states.append(state)
        for event_id, known in self._state_of_event.items():
            if known is earlier:
                self._state_of_event[event_id] = state
        return state

    def _exit(self, state: StateRun, event: Mapping[str, Any]) -> StateRun:
        state.ended_at = event["timestamp"]
        state.status = "FAILED" if state.error is not None else "SUCCEEDED"
        assigned = event.get("stateExitedEventDetails", {}).get("assignedVariables") or {}
        self.variables.update({name: _from_json(text) for name, text in assigned.items()})
        if "failure" in assigned:
            self._failure_is_old = False
        return state

    def _progress(self, state: StateRun, event: Mapping[str, Any]) -> None:
        kind = event["type"]
        if kind.endswith("Scheduled"):
            state.attempts += 1
            state.error = state.cause = None
            self._note_what_is_called(state, event.get("taskScheduledEventDetails", {}))
        elif kind == "TaskSubmitted":
            _note_job_run(state, event.get("taskSubmittedEventDetails", {}))
        elif kind.endswith(_FAILURES):
            details = details_of(event)
            if details.get("error") != _GOES_ON:
                state.error = details.get("error", kind)
                state.cause = details.get("cause")
        elif kind.endswith("Succeeded"):
            state.error = state.cause = None

    def _note_what_is_called(self, state: StateRun, scheduled: Mapping[str, Any]) -> None:
        parameters = _from_json(scheduled.get("parameters"))
        for member, value in (parameters if isinstance(parameters, dict) else {}).items():
            if not isinstance(value, str):
                continue
            if member == "FunctionName":
                state.function = value
            elif member.endswith("JobName"):
                self.jobs[member] = value
                if str(scheduled.get("resource")).startswith("create"):
                    state.jobs.append(Job(member.removesuffix("Name"), value))

    def _end(self, event: Mapping[str, Any]) -> StateRun | None:
        self.status = _END_STATUS[event["type"]]
        details = details_of(event)
        self.error, self.cause = details.get("error"), details.get("cause")
        running = [state for state in self.states if state.status == "RUNNING"]
        for state in running:
            state.ended_at = event["timestamp"]
            state.status = self.status
        return running[-1] if running else None

    @property
    def failed_step(self) -> str | None:
        """Name of the state that is to blame for a failure; after a redrive, for the new one."""
        told = self.variables.get("failure")
        if isinstance(told, dict) and "reason" in told and self._is_told_of_the_end(told):
            return str(told["step"])
        since = self.states[self._states_before :]
        guilty = [state for state in since if state.error is not None]
        ended_badly = [state for state in since if state.status != "SUCCEEDED"]
        candidates = guilty or ended_badly
        return candidates[-1].name if candidates else None

    def _is_told_of_the_end(self, told: Mapping[str, Any]) -> bool:
        """Whether the variable speaks of this end; it outlives a redrive."""
        return not self._failure_is_old or told.get("error") == self.error


def _note_job_run(state: StateRun, submitted: Mapping[str, Any]) -> None:
    """Take the id that Glue gave a job run: no request names it."""
    answer = _from_json(submitted.get("output"))
    if isinstance(answer, dict) and isinstance(answer.get("JobRunId"), str):
        state.jobs.append(Job("JobRun", answer["JobRunId"], str(answer.get("JobName", ""))))


def _from_json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return text
