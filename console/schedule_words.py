"""Schedule expressions in words, where that is easy."""

from __future__ import annotations

import re

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d)?\)")
_TIME = re.compile(r"cron\((\d{1,2}) (\d{1,2}) (\S+) \* (\S+) \*\)")
_WEEKDAYS = {
    "SUN": "Sundays", "MON": "Mondays", "TUE": "Tuesdays", "WED": "Wednesdays",
    "THU": "Thursdays", "FRI": "Fridays", "SAT": "Saturdays",
}  # fmt: skip


def in_words(expression: str) -> str:
    """Say when a schedule fires.

    Parameters
    ----------
    expression : str
        Of EventBridge Scheduler, such as ``cron(0 3 ? * SUN *)``.

    Returns
    -------
    str
        Such as ``on Sundays at 03:00``; the expression itself where it says more than a time of
        the day and at most one kind of day.
    """
    rate = _RATE.fullmatch(expression)
    if rate:
        number, unit = int(rate[1]), rate[2]
        return f"every {unit}" if number == 1 else f"every {number} {unit}s"
    once = _AT.fullmatch(expression)
    if once:
        return f"once, on {once[1]} at {once[2]}"
    daily = _TIME.fullmatch(expression)
    day = _day(daily[3], daily[4]) if daily else None
    if daily is None or day is None:
        return expression
    return f"{day} at {int(daily[2]):02d}:{int(daily[1]):02d}"


def _day(day_of_month: str, day_of_week: str) -> str | None:
    if (day_of_month, day_of_week) in (("*", "?"), ("?", "*")):
        return "every day"
    if day_of_month == "?":
        # EventBridge counts the days of the week from 1, which is Sunday.
        numbered = dict(zip("1234567", _WEEKDAYS, strict=True))
        name = numbered.get(day_of_week, day_of_week.upper())
        if name in ("MON-FRI", "2-6"):
            return "Mondays to Fridays"
        return f"on {_WEEKDAYS[name]}" if name in _WEEKDAYS else None
    if day_of_month == "L":
        return "on the last day of each month"
    return f"on day {int(day_of_month)} of each month" if day_of_month.isdecimal() else None
