"""Alarms over planted metric data, at planted times."""

from datetime import UTC, datetime, timedelta

import pytest
from moto.cloudwatch.models import (
    Alarm,
    CloudWatchBackend,
    Dimension,
    Metric,
    MetricDataQuery,
    MetricStat,
    cloudwatch_backends,
)

from embedded_aws.alarms.definition import AlarmDefinition, UnsupportedAlarmError
from embedded_aws.alarms.evaluator import AlarmEvaluator

NOON = datetime(2026, 11, 22, 12, 0, 30)
DAY = 86400
SETTINGS = {
    "name": "alarm",
    "namespace": "N",
    "metric_name": "Failed",
    "metric_data_queries": None,
    "comparison_operator": "GreaterThanOrEqualToThreshold",
    "evaluation_periods": 1,
    "datapoints_to_alarm": None,
    "period": 300,
    "threshold": 1,
    "statistic": "Sum",
    "extended_statistic": None,
    "description": "",
    "dimensions": [{"Name": "Machine", "Value": "a"}],
    "alarm_actions": [],
    "ok_actions": [],
    "insufficient_data_actions": [],
    "unit": None,
    "actions_enabled": True,
    "treat_missing_data": "notBreaching",
    "evaluate_low_sample_count_percentile": None,
    "threshold_metric_id": None,
    "rule": None,
}


@pytest.fixture
def backend():
    cloudwatch_backends.reset()
    yield cloudwatch_backends["123456789012"]["us-east-1"]
    cloudwatch_backends.reset()


def put_alarm(backend: CloudWatchBackend, **changes):
    return backend.put_metric_alarm(**{**SETTINGS, **changes})


def put(backend, value, at, name="Failed", machine="a", unit="Count"):
    datum = {
        "MetricName": name,
        "Dimensions": [{"Name": "Machine", "Value": machine}],
        "Timestamp": at,
        "Unit": unit,
        "Values": [value],
    }
    backend.put_metric_data("N", [datum])


def state_at(backend, now):
    AlarmEvaluator(clock=lambda: now.replace(tzinfo=UTC)).tick()
    return backend.alarms["alarm"].state_value


def stat(name, statistic="Maximum", period=300):
    metric = Metric(name, "N", [Dimension("Machine", "a")])
    return MetricDataQuery(
        name.lower(), "", "", False, None, MetricStat(metric, period, statistic, "")
    )


def test_a_failure_raises_the_alarm_which_ends_when_the_failure_is_out_of_sight(backend):
    put_alarm(backend)
    put(backend, 1, NOON)

    assert state_at(backend, NOON) == "ALARM"
    assert "[1] crossed the threshold" in backend.alarms["alarm"].state_reason
    assert state_at(backend, NOON + timedelta(minutes=14)) == "ALARM"  # looks at three periods
    assert state_at(backend, NOON + timedelta(minutes=16)) == "OK"


def test_values_of_a_period_are_added_and_others_left_out(backend):
    put_alarm(backend, threshold=3)
    for minutes in (0, 1):
        put(backend, 1, NOON - timedelta(minutes=minutes))
    put(backend, 9, NOON, machine="b")
    put(backend, 9, NOON, name="Other")
    put(backend, 9, NOON - timedelta(minutes=16))
    put(backend, 9, NOON + timedelta(minutes=2))

    assert state_at(backend, NOON) == "OK"
    put(backend, 1, NOON)
    assert state_at(backend, NOON) == "ALARM"


def test_a_unit_that_is_asked_for_is_kept_to(backend):
    put_alarm(backend, unit="Seconds")
    put(backend, 1, NOON)

    assert state_at(backend, NOON) == "OK"


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Sum", 6), ("Average", 2), ("Minimum", 1), ("Maximum", 3), ("SampleCount", 3)],
)
def test_every_statistic(backend, statistic, value):
    for number in (1, 2, 3):
        put(backend, number, NOON)

    def at(threshold):
        put_alarm(backend, statistic=statistic, threshold=threshold)
        return state_at(backend, NOON)

    assert (at(value), at(value + 0.01)) == ("ALARM", "OK")


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("GreaterThanOrEqualToThreshold", "ALARM"),
        ("GreaterThanThreshold", "OK"),
        ("LessThanThreshold", "OK"),
        ("LessThanOrEqualToThreshold", "ALARM"),
    ],
)
def test_every_comparison(backend, operator, expected):
    put_alarm(backend, comparison_operator=operator)
    put(backend, 1, NOON)

    assert state_at(backend, NOON) == expected


def test_expression_over_two_metrics_keeps_its_state_between_runs(backend):
    ratio = MetricDataQuery("ratio", "", "", True, "rmse / baseline")
    put_alarm(
        backend,
        metric_data_queries=[ratio, stat("Rmse"), stat("Baseline", "Minimum")],
        comparison_operator="GreaterThanThreshold",
        treat_missing_data="ignore",
    )
    put(backend, 1.1, NOON, name="Rmse")
    put(backend, 1.0, NOON, name="Baseline")

    assert state_at(backend, NOON) == "ALARM"
    later = NOON + timedelta(days=3)
    assert state_at(backend, later) == "ALARM"
    put(backend, 0.9, later, name="Rmse")
    assert state_at(backend, later) == "ALARM"  # without its baseline it says nothing
    put(backend, 1.0, later, name="Baseline")
    assert state_at(backend, later) == "OK"


def no_success(backend, days):
    filled = MetricDataQuery("filled", "", "", True, "FILL(succeeded, 0)")
    put_alarm(
        backend,
        metric_data_queries=[filled, stat("Succeeded", "Sum", DAY)],
        comparison_operator="LessThanThreshold",
        evaluation_periods=days,
        datapoints_to_alarm=days,
        treat_missing_data="breaching",
    )


def test_days_without_success(backend):
    no_success(backend, 2)
    put(backend, 1, NOON, name="Succeeded")

    assert state_at(backend, NOON + timedelta(hours=2)) == "OK"
    assert state_at(backend, NOON + timedelta(hours=48)) == "OK"
    assert state_at(backend, NOON + timedelta(hours=49)) == "ALARM"


def test_an_alarm_of_several_days_sees_full_hours_only(backend):
    no_success(backend, 2)
    put(backend, 1, NOON, name="Succeeded")

    assert state_at(backend, NOON.replace(minute=59)) == "ALARM"
    assert state_at(backend, NOON + timedelta(hours=1)) == "OK"


def test_an_alarm_of_one_day_sees_the_present_minute(backend):
    no_success(backend, 1)
    put(backend, 1, NOON, name="Succeeded")

    assert state_at(backend, NOON) == "OK"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rule": "ALARM(other)"}, "a composite alarm"),
        ({"extended_statistic": "p99"}, "the statistic p99"),
        ({"statistic": "IQM"}, "the statistic IQM"),
        ({"comparison_operator": "GreaterThanUpperThreshold"}, "anomaly detection"),
        ({"alarm_actions": ["arn:aws:lambda:us-east-1:1:function:f"]}, "the action arn:aws:lambda"),
        (
            {"metric_data_queries": [stat("A"), stat("B", period=60)]},
            "several expressions or periods",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_named(changes, named):
    with pytest.raises(UnsupportedAlarmError, match=named):
        AlarmDefinition.of(Alarm("123456789012", "us-east-1", **{**SETTINGS, **changes}))
