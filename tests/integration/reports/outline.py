"""What a report consists of, without what differs from run to run."""

import re

from tests.integration.reports.page import Line, Page

# Ids of runs and jobs, names with random endings, times, hashes, numbers.
_VOLATILE = (
    (re.compile(r"\d{8}t\d{6}-[0-9a-z]{6}((?:-\d{1,2}(?!\d))*)(-\d{3}-[0-9a-f]{8})?"), r"RUN\1"),
    (re.compile(r"s3://\S+"), "S3-URI"),
    (re.compile(r"arn:aws:\S+"), "ARN"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T][\d:.]+(?:[+-]\d\d:\d\d)?"), "TIME"),
    (re.compile(r"(?<![\w.-])[+-]?\d[\d,]*(?:\.\d+)?(?![\w])"), "#"),
)
_SHOWN = ("h1", "h2", "h3", "header")
# How many epochs and cells there are depends on what was learned.
_LEARNED = ("Predicted against actual", "Residuals", "Calibration", "per epoch", "Events")


def outline(html: str) -> str:
    """Give headings, headers and row labels of tables, pictures with the number of their marks."""
    page = Page(html)
    found: list[str] = []
    for line in page.lines:
        text = _outline_of(line, page)
        if text and (not found or text != found[-1]):
            found.append(text)
    return "\n".join(found) + "\n"


def _outline_of(line: Line, page: Page) -> str:
    if line.kind in _SHOWN:
        return f"{line.kind}: {_steady(line.text)}"
    if line.kind == "row":
        if any(word in line.place for word in _LEARNED):
            return f"  rows of {line.place}"
        return f"  {_steady(_label(line))}"
    if line.kind == "picture":
        marks = page.marks.get(line.place)
        if marks is None:
            return f"picture: {_steady(line.text)}"
        some = "some" if any(word in line.place for word in _LEARNED) else str(marks)
        return f"picture: {some} marks"
    if line.kind == "title":
        return f"  {_steady(line.text)}"
    return ""


def _label(line: Line) -> str:
    """Give what the row is about: its texts, if they are no numbers."""
    if line.place in ("States as a table", "Time as a table", "Instance-hours"):
        return line.text
    return line.cells[0] or " | ".join(line.cells[:2])


def _steady(text: str) -> str:
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return text
