"""Decides, from one moment to the next, which schedules fire."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from embedded_aws.events.targets import INVOCATION_ERRORS
from embedded_aws.role_clients import client_for
from embedded_aws.schedules.found_schedules import ScheduledRules, of_scheduler
from embedded_aws.schedules.invocation import Invocation
from embedded_aws.schedules.schedule import Schedule, Timing

Clock = Callable[[], datetime]

_log = logging.getLogger(__name__)

# EventBridge Scheduler fires within the minute of the time: one that has just begun still counts.
_PRECISION = timedelta(seconds=60)
# A schedule may carry a time of creation that is older than the last look at it.
_SLACK = timedelta(seconds=5)


def utc_now() -> datetime:
    """Return the present time, with its time zone."""
    return datetime.now(UTC)


@dataclass
class _Mark:
    """How far a schedule has been carried out."""

    timing: Timing
    next: datetime | None


class ScheduleRunner:
    """Carries out moto's schedules.

    A time at which a schedule is disabled is skipped. If the clock jumps over several times of a
    schedule, because the machine slept, the schedule fires once, for the latest.

    Parameters
    ----------
    clock : callable
        Gives the present time, with its time zone. What was due before the runner was made is
        past.
    """

    def __init__(self, *, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._looked_at = clock()
        self._rules = ScheduledRules()
        self._marks: dict[tuple[str, str], _Mark] = {}
        self._invocations: list[Invocation] = []

    def tick(self) -> None:
        """Invoke what is due."""
        now = self._clock()
        found = {(s.arn, s.group): s for s in (*of_scheduler(), *self._rules.find(now))}
        self._marks = {key: mark for key, mark in self._marks.items() if key in found}
        for key, schedule in found.items():
            self._plan(key, schedule, now)
        self._invocations = [
            invocation
            for invocation in self._invocations
            if not self._is_over(invocation, found, now)
        ]
        for key, schedule in found.items():
            if schedule.deletes_itself and schedule.is_enabled:
                self._delete_if_completed(key, schedule)
        self._looked_at = now

    def _plan(self, key: tuple[str, str], schedule: Schedule, now: datetime) -> None:
        """Note an invocation if the schedule's next time has come."""
        mark = self._marks.get(key)
        if mark is None or mark.timing != schedule.timing:
            begin = self._begin(schedule)
            mark = self._marks[key] = _Mark(schedule.timing, schedule.timing.next_after(begin))
        if mark.next is None or mark.next > now:
            return
        scheduled_for = mark.next
        while (following := schedule.timing.next_after(scheduled_for)) and following <= now:
            scheduled_for = following
        mark.next = following
        due = schedule.due_time(scheduled_for)
        self._invocations.append(Invocation(schedule, scheduled_for, due))

    def _begin(self, schedule: Schedule) -> datetime:
        """From when on the times of a new schedule count."""
        if schedule.changed_at < self._looked_at - _SLACK:
            return self._looked_at
        if schedule.timing.is_single:
            return schedule.changed_at - _PRECISION
        return schedule.changed_at - timedelta(microseconds=1)

    def _is_over(
        self, invocation: Invocation, found: dict[tuple[str, str], Schedule], now: datetime
    ) -> bool:
        """Try an invocation that is due; drop one whose schedule is paused, changed or gone."""
        schedule = invocation.schedule
        if invocation.n_attempts == 0:
            present = found.get((schedule.arn, schedule.group))
            if not present or not present.is_enabled or present.timing != schedule.timing:
                return True
        return invocation.due <= now and invocation.attempt(now)

    def _delete_if_completed(self, key: tuple[str, str], schedule: Schedule) -> None:
        if self._marks[key].next or any(i.schedule.arn == schedule.arn for i in self._invocations):
            return
        try:
            client_for(schedule.region, "scheduler").delete_schedule(
                GroupName=schedule.group, Name=schedule.name
            )
        except INVOCATION_ERRORS as error:
            _log.warning("%s: not deleted after its completion: %s", schedule.arn, error)
