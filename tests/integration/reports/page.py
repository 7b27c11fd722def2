"""A report read back: its lines, where each stands, and what its pictures consist of."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_ALONE = {"meta", "br"}
_LINES = {"p", "li", "figcaption", "summary", "h1", "h2", "h3", "div", "pre", "tr", "text", "title"}
_AXIS = re.compile(r"[-\d.,]+ s")


@dataclass
class Line:
    """Text without a break.

    Attributes
    ----------
    place : str
        Label of the table whose row it is, or the heading above it.
    cells : tuple of str
        Of a row of a table's body; empty elsewhere.
    """

    place: str
    kind: str
    text: str
    cells: tuple[str, ...] = ()


@dataclass
class _Open:
    tag: str
    attributes: dict[str, str]
    words: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """The lines of a report, the texts for those who cannot see its pictures among them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.axes: list[str] = []
        self.marks: dict[str, int] = {}
        self._open: list[_Open] = []
        self._heading = ""
        self._label = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if attributes.get("role") == "region":
            self._label = attributes["aria-label"]
        if tag == "svg":
            self.lines.append(Line(self._heading, "picture", attributes["aria-label"]))
        if tag == "g" and attributes.get("class") == "mark":
            self.marks[self._heading] = self.marks.get(self._heading, 0) + 1
        if tag not in _ALONE:
            self._open.append(_Open(tag, attributes))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_data(self, data):
        for element in reversed(self._open):
            element.words.append(data)
            if element.tag in _LINES | {"td", "th", "style"}:
                break

    def handle_endtag(self, tag):
        element = self._open.pop()
        assert element.tag == tag, (element.tag, tag)
        text = " ".join("".join(element.words).split())
        if tag in ("td", "th"):
            self._open[-1].cells.append(text)
        elif tag == "pre":
            self._add(element, "".join(element.words))
        elif tag == "tr" and self._open[-1].tag == "tbody":
            place = self._label or self._heading
            self.lines.append(Line(place, "row", " | ".join(element.cells), tuple(element.cells)))
        elif tag == "tr":
            place = self._label or self._heading
            self.lines.append(Line(place, "header", " | ".join(element.cells)))
        elif tag == "table":
            self._label = ""
        elif tag in _LINES and text:
            if tag in ("h1", "h2", "h3"):
                self._heading = text
            self._add(element, text)

    def _add(self, element, text):
        is_chart = any(o.attributes.get("class") == "chart" for o in self._open)
        if is_chart or (element.tag == "text" and _AXIS.fullmatch(text)):
            self.axes.append(text)  # scales: test_chart_drawing holds marks against them
        else:
            self.lines.append(Line(self._heading, element.tag, text))
