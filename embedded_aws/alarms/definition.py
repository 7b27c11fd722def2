"""An alarm as it is evaluated, read from moto's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.cloudwatch.models import Alarm, MetricDatumBase, Statistics

from embedded_aws.alarms import metric_math
from embedded_aws.alarms.evaluation import COMPARISONS
from embedded_aws.alarms.metric_math import Series
from embedded_aws.errors import EmbeddedAwsError

_STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")
_DAY_SECONDS = 86400


class UnsupportedAlarmError(EmbeddedAwsError):
    """CloudWatch evaluates such an alarm, the embedded AWS does not."""


@dataclass(frozen=True, kw_only=True)
class MetricQuery:
    """One metric of an alarm; `id` is its name in an expression."""

    id: str
    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]
    statistic: str
    unit: str | None

    def series(
        self, data: Sequence[MetricDatumBase], starts: Sequence[datetime], period: timedelta
    ) -> Series:
        """Apply the statistic to each period.

        Parameters
        ----------
        data : sequence of MetricDatumBase
            All of the account and region.
        starts : sequence of datetime
            Of the periods, ascending, UTC without time zone as in moto.
        period : timedelta
        """
        own = [datum for datum in data if self._is_of(datum)]
        return [self._value([d for d in own if s <= d.timestamp < s + period]) for s in starts]

    def _is_of(self, datum: MetricDatumBase) -> bool:
        return (
            datum.namespace == self.namespace
            and datum.name == self.name
            and frozenset((d.name, d.value) for d in datum.dimensions) == self.dimensions
            and self.unit in (None, datum.unit)
        )

    def _value(self, data: list[MetricDatumBase]) -> float | None:
        if not data:
            return None
        statistics = Statistics([self.statistic], data[0].timestamp)
        statistics.metric_data = data
        value = statistics.get_statistics_for_type(self.statistic)
        return None if value is None else float(value)


@dataclass(frozen=True, kw_only=True)
class AlarmDefinition:
    """What an alarm watches, and when it goes off.

    Attributes
    ----------
    queries : tuple of MetricQuery
    expression : str or None
        Metric math over the queries; None: there is one query, and it is watched itself.
    period : timedelta
    evaluation_periods, datapoints_to_alarm : int
    is_breaching : callable
    missing : str
    """

    queries: tuple[MetricQuery, ...]
    expression: str | None
    period: timedelta
    evaluation_periods: int
    datapoints_to_alarm: int
    is_breaching: Callable[[float], bool]
    missing: Any

    @classmethod
    def of(cls, alarm: Alarm) -> AlarmDefinition:
        """Read an alarm.

        Raises
        ------
        UnsupportedAlarmError, UnsupportedMetricMathError
            If it cannot be evaluated here.
        """
        if alarm.rule:
            raise _unsupported(alarm, "a composite alarm")
        if alarm.comparison_operator not in COMPARISONS or alarm.threshold_metric_id:
            raise _unsupported(alarm, f"{alarm.comparison_operator} (anomaly detection)")
        _check_actions(alarm)
        compare, threshold = COMPARISONS[alarm.comparison_operator], float(alarm.threshold)
        queries, expression, period = _watched(alarm)
        if expression is not None:
            metric_math.check(expression, [query.id for query in queries])
        periods = int(alarm.evaluation_periods)
        return cls(
            queries=queries,
            expression=expression,
            period=timedelta(seconds=period),
            evaluation_periods=periods,
            datapoints_to_alarm=int(alarm.datapoints_to_alarm or periods),
            is_breaching=lambda value: compare(value, threshold),
            missing=alarm.treat_missing_data or "missing",
        )

    @property
    def is_multi_day(self) -> bool:
        """Whether CloudWatch evaluates it hourly, with data up to the last full hour."""
        return self.evaluation_periods * self.period > timedelta(seconds=_DAY_SECONDS)

    def points(self, data: Sequence[MetricDatumBase], end: datetime, length: int) -> Series:
        """Give the watched value of each of the last `length` periods before `end`."""
        starts = [end - n * self.period for n in range(length, 0, -1)]
        series = {query.id: query.series(data, starts, self.period) for query in self.queries}
        if self.expression is None:
            return series[self.queries[0].id]
        return metric_math.evaluate(self.expression, series, length=length)


def _watched(alarm: Alarm) -> tuple[tuple[MetricQuery, ...], str | None, int]:
    """Give the metrics of an alarm, the expression over them, and the period in seconds."""
    if not alarm.metric_data_queries:
        if alarm.extended_statistic:
            raise _unsupported(alarm, f"the statistic {alarm.extended_statistic}")
        query = MetricQuery(
            id="metric",
            namespace=alarm.namespace,
            name=alarm.metric_name,
            dimensions=_dimensions(alarm.dimensions),
            statistic=_statistic(alarm, alarm.statistic),
            unit=alarm.unit or None,
        )
        return (query,), None, int(alarm.period)
    queries = tuple(
        MetricQuery(
            id=query.id,
            namespace=query.metric_stat.metric.namespace,
            name=query.metric_stat.metric.metric_name,
            dimensions=_dimensions(query.metric_stat.metric.dimensions),
            statistic=_statistic(alarm, query.metric_stat.stat),
            unit=query.metric_stat.unit or None,
        )
        for query in alarm.metric_data_queries
        if query.metric_stat
    )
    expressions = [query.expression for query in alarm.metric_data_queries if query.expression]
    periods = {
        int(query.metric_stat.period) for query in alarm.metric_data_queries if query.metric_stat
    }
    if len(expressions) > 1 or len(periods) != 1 or (not expressions and len(queries) != 1):
        raise _unsupported(alarm, "several expressions or periods, or none")
    return queries, expressions[0] if expressions else None, periods.pop()


def _dimensions(dimensions: Sequence[Any]) -> frozenset[tuple[str, str]]:
    return frozenset((dimension.name, dimension.value) for dimension in dimensions)


def _statistic(alarm: Alarm, statistic: str) -> str:
    if statistic not in _STATISTICS:
        raise _unsupported(alarm, f"the statistic {statistic}")
    return statistic


def _check_actions(alarm: Alarm) -> None:
    for arn in (*alarm.alarm_actions, *alarm.ok_actions, *alarm.insufficient_data_actions):
        if arn.split(":")[2:3] != ["sns"]:
            raise _unsupported(alarm, f"the action {arn}")


def _unsupported(alarm: Alarm, what: str) -> UnsupportedAlarmError:
    return UnsupportedAlarmError(
        f"alarm {alarm.name!r}: the embedded AWS does not offer {what}; it evaluates one metric, "
        f"or one expression over metrics of one period, with the statistics "
        f"{', '.join(_STATISTICS)}, against a fixed threshold, and publishes to SNS topics"
    )
