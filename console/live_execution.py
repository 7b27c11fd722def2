"""An execution while it runs, and after: what a page shows of it, read again and again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_access import AwsAccess
from console.errors import EnvironmentProblemError
from console.execution_reference import Execution, describe, step_functions_errors
from console.log_lines import as_text, is_metrics_only
from console.run_details import state_machine_of
from console.run_events import RunEvents, read_events
from console.run_logs import RunLogs
from console.run_record import RunRecord, outline
from console.sagemaker_jobs import JobRun, describe_jobs
from console.training_log import EpochMetric
from console.tuning_trials import Trial
from console.view import QuietView
from console.watching import Watcher

KEPT_LOG_LINES = 1_000
# A job says more often how it is than anybody needs to know.
_LOOKS_BETWEEN_JOBS = 5


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of an execution at a time.

    Attributes
    ----------
    log_lines : tuple of str
        The newest of its functions and jobs, without escape sequences.
    """

    execution: Execution
    record: RunRecord
    definition: Mapping[str, Any]
    events: RunEvents
    jobs: tuple[JobRun, ...]
    curve: tuple[EpochMetric, ...]
    trials: tuple[Trial, ...]
    log_lines: tuple[str, ...]
    gaps: tuple[str, ...]

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.record.status not in ("RUNNING", "PENDING_REDRIVE")

    @property
    def can_be_redriven(self) -> bool:
        """Whether Step Functions would go on with it."""
        return self.execution.described.get("redriveStatus") == "REDRIVABLE"


class LiveExecution(QuietView):
    """Reads what is new about an execution whenever somebody looks.

    Parameters
    ----------
    access : AwsAccess
    execution_arn : str
    """

    def __init__(self, access: AwsAccess, execution_arn: str):
        super().__init__()
        self._access = access
        self._arn = execution_arn
        self._lock = Lock()
        self._watcher = Watcher(access, execution_arn, self)
        self._logs: RunLogs | None = None
        self._definition: Mapping[str, Any] = {}
        self._jobs: dict[tuple[str, str], list[JobRun]] = {}
        self._looks = 0
        self._curve: list[EpochMetric] = []
        self._trials: tuple[Trial, ...] = ()
        self._log_lines: deque[str] = deque(maxlen=KEPT_LOG_LINES)
        self._gaps: dict[str, None] = {}
        self._last: tuple[Look, float] | None = None

    def epoch(self, metric: EpochMetric) -> None:
        """Take a metric; a training that begins anew begins a new curve."""
        if any(known.name == metric.name and known.epoch >= metric.epoch for known in self._curve):
            self._curve.clear()
        self._curve.append(metric)

    def trials(self, trials: Sequence[Trial]) -> None:
        """Take all trials."""
        self._trials = tuple(trials)

    def note(self, text: str) -> None:
        """Take what could not be read."""
        self._gaps[text] = None

    def look(self) -> Look:
        """Read what is new; people who look at the same time get the same.

        Raises
        ------
        BadInputError
            If there is no such execution.
        EnvironmentProblemError
            If AWS cannot be reached or refuses.
        """
        with self._lock:
            if self._last is not None:
                known, at = self._last
                if time.monotonic() - at < self._access.poll_seconds:
                    return known
            self._last = (self._read(), time.monotonic())
            return self._last[0]

    def _read(self) -> Look:
        execution = describe(self._access, self._arn)
        if self._last is not None and self._is_the_same(self._last[0], execution):
            return self._last[0]
        try:
            self._watcher.look()
        except (BotoCoreError, ClientError) as error:
            raise EnvironmentProblemError(f"{self._arn}: {error}") from error
        timeline = self._watcher.timeline
        events = read_events(timeline.events)
        if not self._definition:
            with step_functions_errors(self._arn):
                client = self._access.client("stepfunctions")
                self._definition = state_machine_of(client, self._arn)["definition"]
        self._read_jobs(events, is_over=timeline.status != "RUNNING")
        self._read_logs(execution)
        return Look(
            execution=execution,
            record=outline(execution, timeline),
            definition=self._definition,
            events=events,
            jobs=tuple(job for jobs in self._jobs.values() for job in jobs),
            curve=tuple(self._curve),
            trials=self._trials,
            log_lines=tuple(self._log_lines),
            gaps=tuple(self._gaps),
        )

    def _is_the_same(self, known: Look, now: Execution) -> bool:
        """Whether everything was read of what has ended."""
        logs_may_grow = self._logs is not None and self._logs.may_come_more
        return (
            known.is_over
            and known.execution.status == now.status
            and known.execution.redrives == now.redrives
            and not logs_may_grow
        )

    def _read_jobs(self, events: RunEvents, *, is_over: bool) -> None:
        self._looks += 1
        is_due = is_over or self._looks % _LOOKS_BETWEEN_JOBS == 1
        for asked_as in events.jobs:
            known = self._jobs.get(asked_as)
            has_ended = known and all(job.ended_at is not None for job in known)
            running_trials = asked_as[0].startswith("Hyper") and not is_over
            if known is None or (is_due and (running_trials or not has_ended)):
                found, gaps = describe_jobs(self._access.client("sagemaker"), [asked_as])
                self._jobs[asked_as] = found
                for gap in gaps:
                    self.note(gap)

    def _read_logs(self, execution: Execution) -> None:
        if self._logs is None:
            self._logs = RunLogs(execution)
        try:
            for line in self._logs.new_lines(self._watcher.timeline):
                if not is_metrics_only(line):
                    self._log_lines.extend(as_text(line, execution.run_id))
        except EnvironmentProblemError as error:
            self.note(f"logs: {error}")
