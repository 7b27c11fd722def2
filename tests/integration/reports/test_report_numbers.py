"""Every number in a report is what its source says: nobody else's, and nowhere else."""

import itertools
import re
from collections.abc import Iterator

import pytest

from tests.integration.reports.page import Line, Page
from tests.integration.reports.runs import RUNS, Reported
from tests.integration.reports.sources import Sources

_NUMBER = re.compile(r"(?:(?<![\w.)-])[+-])?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]\d+)?")
# A share of the changed numbers may be right by chance: another number of the same paragraph.
LEAST_NOTICED = 0.99


def numbers_of(line: Line, sources: Sources) -> list[str]:
    """Give the numbers of a line, without the digits of ids, names and times."""
    # What an event says beside its id and its time is looked up in the history.
    text = " | ".join(line.cells[:2]) if line.place == "Events" else line.text
    for known in sorted(sources.texts, key=len, reverse=True):
        if known.strip() and any(letter.isdigit() for letter in known):
            text = text.replace(known, " ")
    return _NUMBER.findall(text)


def agrees(shown: str, value: float) -> bool:
    """Tell whether a number is a value, rounded as it is shown."""
    plain = shown.replace(",", "")
    mantissa, _, exponent = plain.partition("e")
    digits = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - digits)
    return abs(float(plain) - value) <= 0.5 * unit * 1.0001 + 1e-12


def time_phrases(lines: list[Line]) -> set[str]:
    """Give what the drawing of states and jobs may say: what the table beside it says."""
    rows = [line.cells for line in lines if line.place == "Time as a table"]
    labels = "; ".join(f"{name} {label}" for name, label, _ in rows)
    found = {f"States and jobs over time. {labels}."}
    for name, label, parts in rows:
        found |= {f"{name} {label}", f"↳ {label}"}
        found |= {f"{name}, {part}" for part in parts.split("; ")}
    return found


def untraced(lines: list[Line], sources: Sources, phrases: set[str]) -> list[str]:
    """List the numbers that have no source, each with its line.

    `phrases` may stand in the drawing of states and jobs.
    """
    found: list[str] = []
    for place, group in itertools.groupby(lines, key=lambda line: (line.kind, line.place)):
        kind, name = place
        if kind == "row":
            found += _untraced_rows(name, list(group), sources)
            continue
        known = sources.numbers.get(name, sources.numbers["top"] if _is_top(name) else [])
        for line in group:
            if name == "Time" and line.text in phrases:
                continue
            found += [
                f"{shown} in {line.text!r}"
                for shown in numbers_of(line, sources)
                if not any(agrees(shown, value) for value in known)
            ]
    return found


def _is_top(heading: str) -> bool:
    return heading.startswith("The run ") or not heading


def _untraced_rows(name: str, lines: list[Line], sources: Sources) -> Iterator[str]:
    expected = iter(sources.rows.get(name, []))
    for number, line in enumerate(lines):
        if name == "Events":
            words = " ".join(line.cells[2:]).rstrip("…").split()
            strange = [word for word in words if word not in sources.events[number]]
            if strange:
                yield f"{strange} in event {line.text!r}"
        shown = numbers_of(line, sources)
        values = next(expected, [])
        if len(shown) != len(values) or not all(map(agrees, shown, values)):
            yield f"{shown} instead of {values} in {name}: {line.text!r}"
    missing = list(expected)
    if missing:
        yield f"{name}: rows are missing: {missing}"


def changed(line: Line) -> Iterator[Line]:
    """Give the line with one number after the other changed in its last digit."""
    for match in _NUMBER.finditer(line.text):
        digit = line.text[match.end() - 1]
        other = str((int(digit) + 3) % 10)
        text = line.text[: match.end() - 1] + other + line.text[match.end() :]
        yield Line(line.place, line.kind, text, line.cells)


@pytest.fixture(scope="module")
def sources(reported: dict[str, Reported]) -> dict[str, Sources]:
    return {name: Sources(run) for name, run in reported.items()}


@pytest.mark.parametrize("name", RUNS)
def test_every_number_has_its_source(
    reported: dict[str, Reported], sources: dict[str, Sources], name: str
) -> None:
    lines = _lines(reported[name])

    assert sum(len(numbers_of(line, sources[name])) for line in lines) > 100
    assert untraced(lines, sources[name], time_phrases(lines)) == []


@pytest.mark.parametrize("name", RUNS)
def test_no_table_that_has_a_source_is_left_out(
    reported: dict[str, Reported], sources: dict[str, Sources], name: str
) -> None:
    shown = {line.place for line in _lines(reported[name]) if line.kind == "row"}

    assert set(sources[name].rows) <= shown


@pytest.mark.parametrize("name", RUNS)
def test_changed_numbers_are_noticed(
    reported: dict[str, Reported], sources: dict[str, Sources], name: str
) -> None:
    lines = _lines(reported[name])
    phrases = time_phrases(lines)
    unnoticed, n_changed = [], 0
    for number, line in enumerate(lines):
        begin = number
        if line.kind == "row":  # rows are compared in their order: the table is needed
            while lines[begin - 1].kind == "row" and lines[begin - 1].place == line.place:
                begin -= 1
        for other in changed(line):
            n_changed += 1
            around = [*lines[begin:number], other]
            complaints = [u for u in untraced(around, sources[name], phrases) if "missing" not in u]
            if not complaints and numbers_of(other, sources[name]) != numbers_of(
                line, sources[name]
            ):
                unnoticed.append(other.text)

    assert n_changed > 100
    assert len(unnoticed) / n_changed <= 1 - LEAST_NOTICED, unnoticed


def _lines(run: Reported) -> list[Line]:
    return [line for line in Page(run.html).lines if line.kind != "header"]
