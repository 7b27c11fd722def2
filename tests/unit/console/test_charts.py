"""Positions in the report's charts."""

import math

import pytest

from console import charts
from console.training_log import EpochMetric


def test_bars_share_one_time_axis(make_state):
    first, second = charts.gantt([make_state("A", 0, 1), make_state("B", 1, 4)])

    plot = charts.WIDTH - charts.LABEL_WIDTH
    assert first.x == charts.LABEL_WIDTH
    assert first.width == pytest.approx(plot / 4, abs=0.1)
    assert second.x == pytest.approx(first.x + first.width, abs=0.1)
    assert second.x + second.width == pytest.approx(charts.WIDTH, abs=0.1)
    assert (first.y, second.y) == (0.0, charts.ROW_HEIGHT)


def test_every_bar_can_be_seen_and_stays_inside(make_state):
    states = [make_state("A", 0, 100), make_state("B", 100, 100), make_state("C", 100, None)]

    bars = charts.gantt(states)

    assert [bar.name for bar in bars] == ["A", "B"]
    assert bars[1].width >= 1
    assert bars[1].x + bars[1].width <= charts.WIDTH
    assert bars[1].label_before


def test_execution_without_states_has_no_chart(make_state):
    assert charts.gantt([]) == []
    assert charts.gantt([make_state("A", 0, None)]) == []


def test_states_without_duration_are_drawn(make_state):
    (bar,) = charts.gantt([make_state("A", 0, 0)])

    assert math.isfinite(bar.x)


def test_curve_falls_from_top_to_bottom():
    metrics = [EpochMetric(epoch, "rmse", value) for epoch, value in enumerate((1.0, 0.7, 0.5))]

    (curve,) = charts.learning_curves(metrics)

    heights = [float(point.split(",")[1]) for point in curve.points.split()]
    assert heights == sorted(heights)  # SVG's y grows downwards
    assert heights[0] == charts.CURVE_TOP
    assert heights[-1] == charts.CURVE_HEIGHT - charts.CURVE_BOTTOM
    assert (curve.first, curve.last, curve.epochs) == (1.0, 0.5, 3)
    assert [tick.label for tick in curve.x_ticks] == ["1", "2", "3"]


def test_metrics_get_a_curve_each_and_one_epoch_none():
    metrics = [EpochMetric(0, "rmse", 1.0)]
    assert charts.learning_curves(metrics) == []

    name = "binary_classification_accuracy"
    metrics += [EpochMetric(0, name, 0.5), EpochMetric(1, name, 0.5), EpochMetric(1, "rmse", 0.9)]
    assert [curve.label for curve in charts.learning_curves(metrics)] == [
        "train RMSE",
        "train accuracy",
    ]


def test_training_that_diverged_has_a_curve_of_what_is_finite():
    metrics = [EpochMetric(0, "rmse", 1.0), EpochMetric(1, "rmse", 5.0)]

    (curve,) = charts.learning_curves([*metrics, EpochMetric(2, "rmse", math.nan)])

    assert len(curve.points.split()) == 2
