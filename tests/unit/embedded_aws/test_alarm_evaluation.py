"""CloudWatch's own examples of how alarms are evaluated."""

import pytest

from embedded_aws.alarms.evaluation import next_state, range_length
from embedded_aws.alarms.metric_math import UnsupportedMetricMathError, check, evaluate

KEPT = "OK"  # the state before, in all examples
NO_DATA = "INSUFFICIENT_DATA"


def state(points: str, missing: str, *, n: int, m: int, current: str = KEPT) -> str:
    """Evaluate points written as CloudWatch's user guide does: 0 in order, X breaching, - none."""
    values = [{"0": 0.0, "X": 1.0, "-": None}[point] for point in points.split()]
    assert len(values) == range_length(n)
    return next_state(
        values,
        is_breaching=lambda value: value >= 1,
        evaluation_periods=n,
        datapoints_to_alarm=m,
        missing=missing,
        current=current,
    )


@pytest.mark.parametrize(
    ("points", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0 - X - X", "OK", "OK", "OK", "OK"),
        ("- - - - 0", "OK", "OK", "OK", "OK"),
        ("- - - - -", NO_DATA, KEPT, "ALARM", "OK"),
        ("0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("- - X - -", "ALARM", KEPT, "ALARM", "OK"),
    ],
)
def test_three_of_three(points, missing, ignore, breaching, not_breaching):
    found = [state(points, t, n=3, m=3) for t in ("missing", "ignore", "breaching", "notBreaching")]
    assert found == [missing, ignore, breaching, not_breaching]


@pytest.mark.parametrize(
    ("points", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0 - X - -", "OK", "OK", "ALARM", "OK"),
        ("- - - - 0", "OK", "OK", "ALARM", "OK"),
        ("- - - X -", "ALARM", KEPT, "ALARM", "OK"),
    ],
)
def test_two_of_three(points, missing, ignore, breaching, not_breaching):
    found = [state(points, t, n=3, m=2) for t in ("missing", "ignore", "breaching", "notBreaching")]
    assert found == [missing, ignore, breaching, not_breaching]


def test_a_new_breach_alone_does_not_raise_an_alarm_of_three():
    assert state("- - - - X", "missing", n=3, m=3, current=NO_DATA) == NO_DATA
    assert state("- - - X -", "missing", n=3, m=3, current=NO_DATA) == NO_DATA


@pytest.mark.parametrize("current", ["OK", "ALARM", NO_DATA])
def test_ignored_gaps_keep_any_state(current):
    assert state("- - -", "ignore", n=1, m=1, current=current) == current


def test_the_newest_point_decides_when_one_is_asked_for():
    assert state("X 0 -", "breaching", n=1, m=1) == "OK"
    assert state("0 X -", "notBreaching", n=1, m=1) == "ALARM"


def test_arithmetic_has_no_value_where_an_operand_has_none():
    metrics = {"rmse": [0.9, None, 1.0, 1.0], "baseline": [1.0, 1.0, None, 0.0]}

    assert evaluate("rmse / baseline", metrics, length=4) == [0.9, None, None, None]
    assert evaluate("-(rmse + 1) * 2", metrics, length=4) == [pytest.approx(-3.8), None, -4, -4]


def test_fill_puts_a_number_where_there_is_none():
    assert evaluate("FILL(m, 0)", {"m": [None, 2.0]}, length=2) == [0, 2]
    assert evaluate("FILL(m, -1) - 1", {"m": [None, None]}, length=2) == [-2, -2]


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("ANOMALY_DETECTION_BAND(m, 2)", "ANOMALY_DETECTION_BAND"),
        ("FILL(m, REPEAT)", "REPEAT"),
        ("m > 1", "m > 1"),
        ("other + 1", "other"),
        ("SUM(METRICS())", "SUM"),
        ("SELECT SUM(x) FROM y", "SELECT"),
    ],
)
def test_other_metric_math_is_refused_by_name(expression, part):
    with pytest.raises(
        UnsupportedMetricMathError, match="the embedded AWS does not evalu"
    ) as error:
        check(expression, ["m"])
    assert part in str(error.value)
