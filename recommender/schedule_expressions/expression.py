"""The three kinds of schedule expressions: cron(...), rate(...), at(...)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from recommender.schedule_expressions.cron import Cron
from recommender.schedule_expressions.errors import ScheduleExpressionError

_CALL = re.compile(r"(cron|rate|at)\((.*)\)")
_RATE = re.compile(r"([0-9]{1,6}) (minute|hour|day)s?")
_AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", re.ASCII)


class Expression(Protocol):
    """Knows when a schedule fires."""

    def next_after(self, moment: datetime, *, zone: tzinfo, start: datetime) -> datetime | None:
        """Find the first time after `moment`, in UTC.

        Parameters
        ----------
        moment : datetime
            With a time zone.
        zone : tzinfo
            The schedule's time zone.
        start : datetime
            With a time zone: when the schedule begins to be.
        """


@dataclass(frozen=True)
class Rate:
    """Fires when the schedule begins, and from then on at equal intervals.

    A day is 24 hours, also when clocks are changed (EventBridge Scheduler user guide).
    """

    interval: timedelta

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read what is between the parentheses.

        Raises
        ------
        ScheduleExpressionError
            If it is no number with a unit.
        """
        match = _RATE.fullmatch(text)
        if match is None or int(match[1]) == 0:
            raise ScheduleExpressionError(
                [f"expected rate(VALUE minutes|hours|days) with VALUE 1-999999, found {text!r}"]
            )
        return cls(timedelta(**{f"{match[2]}s": int(match[1])}))

    def next_after(self, moment: datetime, *, zone: tzinfo, start: datetime) -> datetime | None:  # noqa: ARG002
        """Find the first time after `moment`, in UTC; None after the year 9999."""
        passed = max(0, (moment - start) // self.interval + 1)
        try:
            return start.astimezone(UTC) + passed * self.interval
        except OverflowError:
            return None


@dataclass(frozen=True)
class At:
    """Fires once.

    Of a time that the clock passes twice, the first; AWS documents neither that nor what it does
    with one that the clock skips: here the clock is taken not to have been changed yet.
    """

    local: datetime

    @classmethod
    def parse(cls, text: str) -> At:
        """Read what is between the parentheses.

        Raises
        ------
        ScheduleExpressionError
            If it is no date and time.
        """
        try:
            if _AT.fullmatch(text):
                return cls(datetime.fromisoformat(text))
        except ValueError:
            pass
        raise ScheduleExpressionError(
            [f"expected at(YYYY-MM-DDTHH:MM:SS) of a time that exists, found {text!r}"]
        )

    def next_after(self, moment: datetime, *, zone: tzinfo, start: datetime) -> datetime | None:  # noqa: ARG002
        """Return its time, in UTC, if that is after `moment`.

        `start` does not matter: EventBridge Scheduler ignores it for schedules that fire once.
        """
        instant = self.local.replace(tzinfo=zone).astimezone(UTC)
        return instant if instant > moment else None


_KINDS: dict[str, type[Cron] | type[Rate] | type[At]] = {"cron": Cron, "rate": Rate, "at": At}


def parse(text: str) -> Expression:
    """Read a schedule expression.

    Parameters
    ----------
    text : str
        For example ``cron(0 3 ? * SUN *)``, ``rate(7 days)`` or ``at(2026-12-24T18:00:00)``.

    Raises
    ------
    ScheduleExpressionError
        With everything that is wrong.
    """
    match = _CALL.fullmatch(text)
    if match is None:
        raise ScheduleExpressionError([f"expected cron(...), rate(...) or at(...), found {text!r}"])
    return _KINDS[match[1]].parse(match[2])
