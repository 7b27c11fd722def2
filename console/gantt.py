"""States and jobs over time: attempts, the waits between them, and what SageMaker waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.axis import Axis, Tick
from console.run_events import Attempt, RunEvents
from console.sagemaker_jobs import JobRun

ROW_HEIGHT = 34.0
MAX_JOBS_OF_A_STATE = 30
MAX_VISITS = 150
_MIN_WIDTH = 0.5
_JOB_STATUS = {"Completed": "SUCCEEDED", "Failed": "FAILED", "Stopped": "ABORTED"}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a row, in percent of the width; ``words`` says what it is."""

    x: float
    width: float
    style: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """A visit of a state, or a job that it started."""

    name: str
    label: str
    is_job: bool
    y: float
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Gantt:
    """The chart.

    Attributes
    ----------
    redrives : tuple of float
        Where in percent of the width the execution was redriven; the time that it had been at
        rest is left out.
    left_off : int
        States and jobs that were too many to be drawn.
    """

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    redrives: tuple[float, ...]
    left_off: int
    height: float


def draw_gantt(events: RunEvents, jobs: Sequence[JobRun], until: datetime) -> Gantt | None:
    """Place attempts and jobs on a common time axis.

    Parameters
    ----------
    events : RunEvents
    jobs : sequence of JobRun
    until : datetime
        When what has not ended yet is to end in the chart.

    Returns
    -------
    Gantt or None
        ``None`` if nothing was attempted.
    """
    if not events.attempts:
        return None
    start = min(attempt.started_at for attempt in events.attempts)
    end = max([until, *(a.ended_at for a in events.attempts if a.ended_at)])
    scale = _Scale(start, end, events.pauses)
    visits: dict[int, list[Attempt]] = {}
    for attempt in events.attempts:
        visits.setdefault(attempt.visit, []).append(attempt)
    rows: list[Row] = []
    left_off = max(0, len(visits) - MAX_VISITS)
    for attempts in list(visits.values())[:MAX_VISITS]:
        rows.append(_state_row(attempts, scale, len(rows) * ROW_HEIGHT))
        asked = {attempt.job for attempt in attempts if attempt.job}
        own = [job for job in jobs if job.asked_as in asked]
        left_off += max(0, len(own) - MAX_JOBS_OF_A_STATE)
        for job in own[:MAX_JOBS_OF_A_STATE]:
            rows.append(_job_row(job, scale, len(rows) * ROW_HEIGHT))
    return Gantt(
        rows=tuple(rows),
        ticks=tuple(scale.axis.ticks()),
        redrives=tuple(scale.axis(scale.seconds(at)) for at in events.redriven_at),
        left_off=left_off,
        height=len(rows) * ROW_HEIGHT,
    )


class _Scale:
    """Seconds since the start in which the execution was not at rest before a redrive."""

    def __init__(
        self, start: datetime, end: datetime, pauses: Sequence[tuple[datetime, datetime]]
    ) -> None:
        self.start, self.end, self.pauses = start, end, pauses
        self.axis = Axis(0.0, max(self.seconds(end), 0.001), 0.0, 100.0)

    def seconds(self, at: datetime) -> float:
        rested = sum((min(at, end) - begin).total_seconds() for begin, end in self.pauses
                     if at > begin)  # fmt: skip
        return (at - self.start).total_seconds() - rested

    def length(self, begin: datetime, end: datetime | None) -> float:
        return self.seconds(end or self.end) - self.seconds(begin)

    def segment(self, begin: datetime, end: datetime | None, style: str, words: str) -> Segment:
        # Clocks of two services differ a little: nothing may stand outside the chart.
        left = min(max(self.axis(self.seconds(begin)), 0.0), 100.0 - _MIN_WIDTH)
        right = min(max(self.axis(self.seconds(end or self.end)), left + _MIN_WIDTH), 100.0)
        length = self.length(begin, end)
        return Segment(left, round(right - left, 2), style, f"{words}, {length:.1f} s")


def _state_row(attempts: Sequence[Attempt], scale: _Scale, y: float) -> Row:
    segments: list[Segment] = []
    for number, attempt in enumerate(attempts, start=1):
        if number > 1:
            before = attempts[number - 2].ended_at or attempt.started_at
            segments.append(
                scale.segment(before, attempt.started_at, "WAITED", "wait before the retry")
            )
        words = f"attempt {number}: {attempt.status.lower().replace('_', ' ')}"
        if attempt.status == "WAITED":
            words = "wait"
        if attempt.error:
            words += f" ({attempt.error})"
        segments.append(scale.segment(attempt.started_at, attempt.ended_at, attempt.status, words))
    seconds = scale.length(attempts[0].started_at, attempts[-1].ended_at)
    label = f"{seconds:.1f} s"
    if len(attempts) > 1:
        label += f", {len(attempts)} attempts"
    if attempts[-1].status not in ("SUCCEEDED", "WAITED"):
        label += f", {attempts[-1].status.lower().replace('_', ' ')}"
    return Row(attempts[0].state, label, False, y, tuple(segments))


def _job_row(job: JobRun, scale: _Scale, y: float) -> Row:
    status = _JOB_STATUS.get(job.status, "RUNNING")
    segments = []
    if job.started_at is not None:
        segments.append(
            scale.segment(job.created_at, job.started_at, "WAITED", "waits for its instances")
        )
    begin = job.started_at or job.created_at
    segments.append(scale.segment(begin, job.ended_at, status, job.status.lower()))
    seconds = scale.length(job.created_at, job.ended_at)
    label = f"{job.kind} on {job.instance_count} x {job.instance_type}, {seconds:.1f} s"
    if job.status != "Completed":
        label += f", {job.status.lower()}"
    return Row(job.name, label, True, y, tuple(segments))
