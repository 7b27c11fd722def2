"""Evaluates every alarm, again and again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from embedded_aws.alarms.definition import AlarmDefinition
from embedded_aws.alarms.evaluation import State, next_state, range_length
from embedded_aws.alarms.metric_math import Series
from embedded_aws.alarms.queue_metrics import QueueMetrics

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present time, with its time zone."""
    return datetime.now(UTC)


class AlarmEvaluator:
    """Gives moto's alarms the state that moto's metric data puts them into.

    Parameters
    ----------
    clock : callable
        Gives the present time, with its time zone.
    """

    def __init__(self, *, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._queues = QueueMetrics()

    def tick(self) -> None:
        """Evaluate all alarms once."""
        now = self._clock().astimezone(UTC).replace(tzinfo=None)
        self._queues.sample(now)
        for account in list(cloudwatch_backends.values()):
            for backend in list(account.values()):
                for alarm in list(backend.alarms.values()):
                    _evaluate(backend, alarm, now)


def _evaluate(backend: CloudWatchBackend, alarm: Alarm, now: datetime) -> None:
    definition = AlarmDefinition.of(alarm)
    length = range_length(definition.evaluation_periods)
    points = definition.points(list(backend.metric_data), _end(definition, now), length)
    state = next_state(
        points,
        is_breaching=definition.is_breaching,
        evaluation_periods=definition.evaluation_periods,
        datapoints_to_alarm=definition.datapoints_to_alarm,
        missing=definition.missing,
        current=alarm.state_value,
    )
    if state != alarm.state_value and alarm.name in backend.alarms:
        reason = _reason(alarm, definition, points, state)
        data = json.dumps({"version": "1.0", "recentDatapoints": _known(points)})
        backend.set_alarm_state(alarm.name, reason, data, state)


def _end(definition: AlarmDefinition, now: datetime) -> datetime:
    """Give the end of the last period: the window slides by the minute, for long ones by the hour.

    The present minute counts, though it is not over: CloudWatch would see it a little later.
    """
    minute = now.replace(second=0, microsecond=0)
    return minute.replace(minute=0) if definition.is_multi_day else minute + timedelta(minutes=1)


def _known(points: Series) -> list[float]:
    return [value for value in points if value is not None]


def _reason(alarm: Alarm, definition: AlarmDefinition, points: Series, state: State) -> str:
    known = _known(points)[-definition.evaluation_periods :]
    if not known:
        return f"No datapoints were received for {definition.evaluation_periods} period(s)."
    values = ", ".join(f"{value:g}" for value in known)
    verdict = "crossed" if state == "ALARM" else "did not all cross"
    return (
        f"Threshold Crossed: datapoint(s) [{values}] {verdict} the threshold "
        f"({alarm.comparison_operator} {float(alarm.threshold):g})."
    )
