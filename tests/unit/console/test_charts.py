"""Positions in the report's charts."""

import pytest

from console.charts import BOTTOM, LEFT, RIGHT, TOP, Plot, across, columns, curve, diagonal, upwards


@pytest.fixture
def plot() -> Plot:
    return Plot("T", "S", "x", "y", ("x", "y"), [])


def test_axis_reaches_from_end_to_end():
    x, y = across(10.0, 20.0), upwards(0.0, 4.0)

    assert (x(10.0), x(15.0), x(20.0)) == (LEFT, (LEFT + RIGHT) / 2, RIGHT)
    assert (y(0.0), y(4.0)) == (BOTTOM, TOP)  # SVG's y grows downwards


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 1750.0, ["0", "500", "1,000", "1,500"]),
        (1.0, 5.0, ["1", "2", "3", "4", "5"]),
        (0.12, 0.58, ["0.2", "0.3", "0.4", "0.5"]),
        (-0.02, 0.02, ["-0.02", "-0.01", "0.00", "0.01", "0.02"]),
    ],
)
def test_ticks_are_round_and_inside(low, high, labels):
    axis = across(low, high)

    assert [tick.label for tick in axis.ticks()] == labels
    assert all(LEFT <= tick.position <= RIGHT for tick in axis.ticks())


def test_axis_of_one_value_can_be_drawn():
    assert across(3.0, 3.0)(3.0) == LEFT
    assert len(across(3.0, 3.0).ticks()) >= 1


def test_columns_are_as_high_as_their_values(plot):
    columns(plot, ["a", "b", "c"], [2.0, 0.0, 4.0])

    heights = [rect.height for rect in plot.rects]
    assert heights == [(BOTTOM - TOP) / 2, 0.0, BOTTOM - TOP]
    assert all(rect.y + rect.height == BOTTOM for rect in plot.rects)
    assert [tick.label for tick in plot.x_ticks] == ["a", "b", "c"]
    ends = [rect.x + rect.width for rect in plot.rects]
    assert all(end < rect.x for end, rect in zip(ends, plot.rects[1:], strict=False))


def test_only_every_other_column_is_labelled(plot):
    columns(plot, list("abcd"), [1.0] * 4, every=2)

    assert [tick.label for tick in plot.x_ticks] == ["a", "c"]


def test_columns_of_nothing_are_flat(plot):
    assert [rect.height for rect in columns(plot, ["a"], [0.0]).rects] == [0.0]


def test_curve_goes_through_its_points(plot):
    x, y = across(0.0, 2.0), upwards(0.0, 1.0)

    curve(plot, [(0.0, 1.0), (1.0, 0.5), (2.0, 0.0)], x=x, y=y, with_dots=True)

    first, second = plot.lines
    assert (first.x1, first.y1) == (LEFT, TOP)
    assert (first.x2, first.y2) == (second.x1, second.y1)
    assert (second.x2, second.y2) == (RIGHT, BOTTOM)
    assert len(plot.dots) == 3


def test_diagonal_lies_under_the_curve(plot):
    x, y = across(0.0, 1.0), upwards(0.0, 1.0)

    diagonal(curve(plot, [(0.0, 0.0), (1.0, 0.5)], x=x, y=y), x, y)

    assert [line.style for line in plot.lines] == ["reference", "curve"]
    assert (plot.lines[0].x1, plot.lines[0].y2) == (LEFT, TOP)
