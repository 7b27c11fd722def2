"""The state that data points put an alarm into.

Source: CloudWatch user guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat
missing data", whose tables of examples are this module's tests.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Literal

from embedded_aws.alarms.metric_math import Series

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
MissingData = Literal["missing", "ignore", "breaching", "notBreaching"]

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}

# CloudWatch looks at more periods than it is asked for, to make up for missing data. It does not
# say how many; in its examples there are two more.
_MORE_PERIODS = 2


def range_length(evaluation_periods: int) -> int:
    """Say how many periods are looked at."""
    return evaluation_periods + _MORE_PERIODS


def next_state(
    points: Series,
    *,
    is_breaching: Callable[[float], bool],
    evaluation_periods: int,
    datapoints_to_alarm: int,
    missing: MissingData,
    current: State,
) -> State:
    """Evaluate an alarm once.

    Parameters
    ----------
    points : Series
        `range_length` values, oldest first.
    is_breaching : callable
        Whether a value is on the wrong side of the threshold.
    evaluation_periods, datapoints_to_alarm : int
        N and M of "M out of N".
    missing : str
        How the alarm treats missing data.
    current : str
        The state until now.
    """
    found = [is_breaching(value) for value in points if value is not None]
    if len(found) >= evaluation_periods:
        return _by_count(sum(found[-evaluation_periods:]), datapoints_to_alarm)
    n_missing = evaluation_periods - len(found)
    if missing in ("breaching", "notBreaching"):
        assumed = n_missing if missing == "breaching" else 0
        return _by_count(sum(found) + assumed, datapoints_to_alarm)
    if not found:
        return "INSUFFICIENT_DATA" if missing == "missing" else current
    if not all(found) or sum(found) >= datapoints_to_alarm:
        return _by_count(sum(found), datapoints_to_alarm)
    # All that is known is breaching, but it is not enough for an alarm. One is raised all the same
    # when the oldest point is about to go out of sight, unless missing data is ignored.
    recent = points[-evaluation_periods:]
    age = next((len(recent) - i for i, value in enumerate(recent) if value is not None), 0)
    return "ALARM" if missing == "missing" and age >= datapoints_to_alarm else current


def _by_count(n_breaching: int, datapoints_to_alarm: int) -> State:
    return "ALARM" if n_breaching >= datapoints_to_alarm else "OK"
