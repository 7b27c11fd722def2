"""Time zones by their IANA names."""

from __future__ import annotations

import functools
import zoneinfo

from recommender.schedule_expressions.errors import ScheduleExpressionError


@functools.cache
def parse_time_zone(name: str) -> zoneinfo.ZoneInfo:
    """Find a time zone.

    Parameters
    ----------
    name : str
        For example ``Europe/Berlin`` or ``UTC``.

    Raises
    ------
    ScheduleExpressionError
        If IANA's database has no such zone.
    """
    # A file system may ignore upper and lower case; AWS does not.
    if name in zoneinfo.available_timezones():
        return zoneinfo.ZoneInfo(name)
    raise ScheduleExpressionError(
        [f"expected a time zone such as UTC or Europe/Berlin, found {name!r}"]
    )
