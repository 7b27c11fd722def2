"""Charts are drawn to scale, always the same, and whatever the labels say."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib
import pytest

from console.chart_drawing import draw
from console.charts import Cells, Columns, Curve, Dots, Layer, Plot, equality


def plot_of(*layers: Layer, **more) -> Plot:
    return Plot("T", "S", "across", "upwards", ("x", "y"), [], layers=list(layers), **more)


class Drawing:
    """Reads a drawing back: marks, in units of the axes that its texts say."""

    def __init__(self, plot: Plot) -> None:
        self.svg = draw(plot, prefix="p-")
        self.root = ET.fromstring(f"<svg>{self.svg}</svg>")  # noqa: S314
        self.texts = [t for t in self.root.iter("text") if t.text not in ("across", "upwards")]
        self.marks = [g for g in self.root.iter("g") if g.get("class") == "mark"]

    def axis(self, *, upwards: bool) -> tuple[float, float]:
        """Give slope and offset of an axis, from two of its ticks."""
        anchor, name = ("end", "y") if upwards else ("middle", "x")
        ticks = [t for t in self.texts if t.get("text-anchor") == anchor]
        first, last = ticks[0], ticks[-1]
        # A text's own y is its baseline: the same for each tick.
        begin, end = float(first.get(name)), float(last.get(name))
        low, high = (float(t.text.replace(",", "").replace("M", "e6")) for t in (first, last))
        slope = (high - low) / (end - begin)
        return slope, low - slope * begin

    def heights(self) -> list[float]:
        slope, _ = self.axis(upwards=True)
        found = []
        for mark in self.marks:
            path = mark.find("path").get("d")
            ys = [float(y) for _, y in re.findall(r"[ML] (\S+) (\S+)", path)]
            found.append((max(ys) - min(ys)) * -slope)
        return found

    def points(self) -> list[tuple[float, float]]:
        """Give the dots; upwards only the distances between them are known."""
        across, upwards = self.axis(upwards=False), self.axis(upwards=True)
        return [
            (across[0] * float(use.get("x")) + across[1], upwards[0] * float(use.get("y")))
            for use in self.root.iter("use")
        ]


def test_columns_are_as_high_as_their_values():
    drawing = Drawing(plot_of(Columns([2.0, 0.0, 4.0]), names=["a", "b", "c"]))

    assert drawing.heights() == pytest.approx([2.0, 0.0, 4.0], abs=0.01)
    assert [t.text for t in drawing.texts][:3] == ["a", "b", "c"]


def test_outlined_columns_stand_behind_and_are_named():
    plot = plot_of(Columns([3.0], outlined=True, label="before"), Columns([2.0], label="kept"),
                   names=["5"])  # fmt: skip
    drawing = Drawing(plot)

    assert drawing.heights() == pytest.approx([3.0, 2.0], abs=0.01)
    assert [t.text for t in drawing.texts][-2:] == ["before", "kept"]


def test_dots_are_where_they_belong():
    points = [(0.0, 10.0), (2.0, 30.0), (8.0, 20.0)]
    drawing = Drawing(plot_of(Dots(points), x_range=(0.0, 10.0), y_range=(0.0, 40.0)))

    found = drawing.points()
    assert [x for x, _ in found] == pytest.approx([0.0, 2.0, 8.0], abs=0.02)
    assert found[1][1] - found[0][1] == pytest.approx(20.0, abs=0.1)
    assert found[2][1] - found[0][1] == pytest.approx(10.0, abs=0.1)


def test_curve_has_every_point_and_equality_is_no_mark():
    drawing = Drawing(
        plot_of(equality(0.0, 300.0), Curve([(float(n), float(n)) for n in range(300)]))
    )

    (mark,) = drawing.marks
    assert len(re.findall("[ML]", mark.find("path").get("d"))) == 300


def test_cells_are_darker_the_more_there_is():
    drawing = Drawing(plot_of(Cells(1.0, 5.0, 4, [(0, 0, 1), (3, 3, 100)])))

    few, many = (mark.find("path").get("style") for mark in drawing.marks)
    assert "opacity: 0.21" in few
    assert "opacity" not in many


def test_only_some_of_many_columns_are_labelled():
    drawing = Drawing(plot_of(Columns([1.0] * 25), names=[str(n) for n in range(25)]))

    shown = [t.text for t in drawing.texts if t.get("text-anchor") == "middle"]
    assert shown == ["0", "3", "6", "9", "12", "15", "18", "21", "24"]


@pytest.mark.parametrize(
    ("high", "labels"),
    [(1750.0, ["0", "500", "1,000", "1,500"]), (3e6, ["0", "1M", "2M", "3M"]),
     (0.3, ["0", "0.1", "0.2", "0.3"])],
)  # fmt: skip
def test_ticks_are_round(high, labels):
    drawing = Drawing(plot_of(Curve([(0.0, 0.0), (1.0, high)]), y_range=(0.0, high)))

    assert [t.text for t in drawing.texts if t.get("text-anchor") == "end"] == labels


@pytest.mark.parametrize(
    ("points", "labels"),
    [
        ([(0.002, 1.0), (0.05, 2.0)], ["0.002", "0.005", "0.01", "0.02", "0.05"]),
        ([(1e-6, 1.0), (1.0, 2.0)], ["1e-06", "1e-05", "0.0001", "0.001", "0.01", "0.1", "1"]),
    ],
)
def test_logarithmic_ticks_are_few(points, labels):
    drawing = Drawing(plot_of(Dots(points), x_is_log=True))

    shown = [t.text for t in drawing.texts if t.get("text-anchor") == "middle"]
    assert set(labels) >= set(shown)
    assert len(shown) >= 3


def test_same_plot_gives_same_bytes_whatever_the_style_of_the_person(tmp_path, monkeypatch):
    plot = plot_of(Dots([(1.0, 2.0)]), Columns([1.0]), names=["a"])
    first = draw(plot, prefix="p-")

    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert draw(plot, prefix="p-") == first


def test_page_gives_colours_font_and_ids():
    svg = Drawing(
        plot_of(
            Curve([(0.0, 1.0), (1.0, 2.0)], dots=True, label="a"),
            Dots([(0.5, 1.5)], "good", large=True),
            equality(0.0, 1.0),
        )
    ).svg

    assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", svg)) <= {
        "none", "var(--accent)", "var(--good)", "var(--text)", "var(--dim)", "var(--line)",
    }  # fmt: skip
    assert "font" not in svg
    assert all(found.startswith("p-") for found in re.findall(r'id="([^"]*)"', svg))
    assert set(re.findall(r'href="#([^"]*)"', svg)) <= set(re.findall(r'id="([^"]*)"', svg))
    assert not re.search(r"url\(|https?:|xlink|<style|<metadata", svg)


@pytest.mark.parametrize("label", ["$\\frac{", "</text><script>alert(1)</script>", "\x00\ud83d 羅"])
def test_labels_are_data(label):
    plot = plot_of(Columns([1.0]), names=[label])
    plot.x_label = plot.y_label = label

    svg = draw(plot, prefix="")

    assert "<script" not in svg
    root = ET.fromstring(f"<svg>{svg}</svg>")  # noqa: S314
    texts = ["".join(t.itertext()) for t in root.iter("text")]
    assert texts.count("".join(c if " " <= c <= "~" else "?" for c in label)) == 3


def test_nothing_asks_for_the_drawing_before_it_is_needed():
    import subprocess
    import sys

    code = "import sys, console.report, console.trial_charts; print('matplotlib' in sys.modules)"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)

    assert done.stdout == "False\n", done.stderr
