"""The days of a month that a cron expression means.

Of its two fields for days one is ``?``; the other becomes a rule that gives the days of any month.
Weekdays are EventBridge's: 1 is Sunday, 7 is Saturday.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date

from recommender.schedule_expressions.cron_fields import DAY_OF_MONTH, DAY_OF_WEEK

DayRule = Callable[[int, int], list[int]]
"""Takes year and month, gives days in order."""

_SUNDAY, _SATURDAY = 1, 7


def day_rule(day_of_month: str, day_of_week: str) -> DayRule:
    """Read the two fields for days.

    Raises
    ------
    ValueError
        In words, if not exactly one of them is ``?``, or the other cannot be read.
    """
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ValueError(
            "day-of-month, day-of-week: expected ? in exactly one of them, found "
            f"{day_of_month!r} and {day_of_week!r}"
        )
    return _by_weekday(day_of_week) if day_of_month == "?" else _by_number(day_of_month)


def _by_number(text: str) -> DayRule:
    if text == "L":
        return lambda year, month: [_length(year, month)]
    if text.endswith("W"):
        return _nearest_weekday(DAY_OF_MONTH.value(text[:-1]))
    numbers = sorted(DAY_OF_MONTH.values(text))
    return lambda year, month: [day for day in numbers if day <= _length(year, month)]


def _nearest_weekday(number: int) -> DayRule:
    """Monday to Friday that is nearest to a day, in the same month: 3W."""

    def days(year: int, month: int) -> list[int]:
        length = _length(year, month)
        if number > length:
            return []
        weekday = _weekday(year, month, number)
        if weekday == _SATURDAY:
            return [number - 1 if number > 1 else number + 2]
        if weekday == _SUNDAY:
            return [number + 1 if number < length else number - 2]
        return [number]

    return days


def _by_weekday(text: str) -> DayRule:
    if "#" in text:
        return _nth_weekday(text)
    if text == "L":  # the last day of the week
        return _weekdays(frozenset({_SATURDAY}))
    if text.endswith("L") and "," not in text and "-" not in text:
        weekday = DAY_OF_WEEK.value(text[:-1])
        return lambda year, month: _all_of(year, month, weekday)[-1:]
    return _weekdays(DAY_OF_WEEK.values(text))


def _weekdays(wanted: frozenset[int]) -> DayRule:
    return lambda year, month: [
        day for day in range(1, _length(year, month) + 1) if _weekday(year, month, day) in wanted
    ]


def _nth_weekday(text: str) -> DayRule:
    """Such as 3#2, the second Tuesday."""
    first, _, number = text.partition("#")
    if number not in ("1", "2", "3", "4", "5"):
        raise ValueError(f"day-of-week: expected one DAY#1 to DAY#5 and no more, found {text!r}")
    weekday, index = DAY_OF_WEEK.value(first), int(number) - 1
    return lambda year, month: _all_of(year, month, weekday)[index : index + 1]


def _all_of(year: int, month: int, weekday: int) -> list[int]:
    return _weekdays(frozenset({weekday}))(year, month)


def _weekday(year: int, month: int, day: int) -> int:
    return date(year, month, day).isoweekday() % 7 + 1


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
