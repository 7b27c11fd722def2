"""Cron expressions: ``cron(minutes hours day-of-month month day-of-week year)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial

from recommender.schedule_expressions.cron_days import DayRule, day_rule
from recommender.schedule_expressions.cron_fields import HOURS, MINUTES, MONTH, YEAR, CronField
from recommender.schedule_expressions.errors import ScheduleExpressionError

_N_FIELDS = 6


@dataclass(frozen=True)
class Cron:
    """Fires at the minutes of the wall clock that all fields match.

    As the EventBridge Scheduler user guide says under "Daylight savings time": a time that the
    clock skips in spring is left out, one that it passes twice in autumn fires once (the first).
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    days: DayRule = field(kw_only=True)

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read what is between the parentheses.

        Raises
        ------
        ScheduleExpressionError
            With every field that cannot be read, or if no day ever matches.
        """
        fields = text.split()
        if len(fields) != _N_FIELDS:
            raise ScheduleExpressionError(
                [
                    "expected the six fields cron(minutes hours day-of-month month day-of-week "
                    f"year), found {len(fields)} in {text!r}"
                ]
            )
        minutes, hours, day_of_month, month, day_of_week, year = fields
        numbers = [(MINUTES, minutes), (HOURS, hours), (MONTH, month), (YEAR, year)]
        readers: list[Callable[[], object]] = [partial(_sorted, *number) for number in numbers]
        readers.append(partial(day_rule, day_of_month, day_of_week))
        problems = [problem for reader in readers if (problem := _problem(reader))]
        if problems:
            raise ScheduleExpressionError(problems)
        cron = cls(
            *(_sorted(*number) for number in numbers), days=day_rule(day_of_month, day_of_week)
        )
        if not any(cron.days(year, month) for year in cron.years for month in cron.months):
            raise ScheduleExpressionError([f"expected a day that exists, found {text!r}"])
        return cron

    def next_after(self, moment: datetime, *, zone: tzinfo, start: datetime) -> datetime | None:
        """Find the first time after `moment` that is not before `start`.

        Parameters
        ----------
        moment, start : datetime
            With a time zone.
        zone : tzinfo
            Whose wall clock the fields mean.

        Returns
        -------
        datetime or None
            In UTC; None if there is none until the year 2199.
        """
        begin = max(moment, start).astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
        for local in self._from(begin):
            instant = local.replace(tzinfo=zone).astimezone(UTC)
            exists = instant.astimezone(zone).replace(tzinfo=None) == local
            if exists and instant > moment and instant >= start:
                return instant
        return None

    def _from(self, begin: datetime) -> Iterator[datetime]:
        """All times of the wall clock from `begin` on, as if no clock were ever changed."""
        for year in self.years:
            for month in self.months:
                if (year, month) < (begin.year, begin.month):
                    continue
                for day in self.days(year, month):
                    for hour in self.hours:
                        if (year, month, day, hour) < (
                            begin.year,
                            begin.month,
                            begin.day,
                            begin.hour,
                        ):
                            continue
                        for minute in self.minutes:
                            local = datetime(year, month, day, hour, minute)
                            if local >= begin:
                                yield local


def _sorted(cron_field: CronField, text: str) -> tuple[int, ...]:
    return tuple(sorted(cron_field.values(text)))


def _problem(reader: Callable[[], object]) -> str | None:
    try:
        reader()
    except ValueError as error:
        return str(error)
    return None
