"""The reports of three real runs in a browser: light and dark, wide, on a phone, and printed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.browser.conftest import DESK, PHONE, Visitor, barriers
from tests.integration.reports.runs import RUNS, Reported, reported_runs

pytestmark = pytest.mark.slow

MOST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def reported(assembly: Path) -> Iterator[dict[str, Reported]]:
    with reported_runs(assembly) as found:
        yield found


@pytest.fixture
def address(reported: dict[str, Reported], tmp_path: Path, name: str) -> str:
    path = tmp_path / "report.html"
    path.write_text(reported[name].html, encoding="utf-8")
    assert path.stat().st_size <= MOST_BYTES
    return path.as_uri()


@pytest.mark.parametrize("name", RUNS)
def test_report_is_accessible_and_needs_no_network(visitor: Visitor, address: str) -> None:
    for size in (DESK, PHONE):
        for dark in (False, True):
            page = visitor.open(address, size=size, dark=dark, offline=True)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            assert barriers(page) == [], (size, dark)
            page.context.close()


@pytest.mark.parametrize("name", RUNS)
def test_report_prints_on_white(visitor: Visitor, address: str) -> None:
    page = visitor.open(address, dark=True)
    page.emulate_media(media="print", color_scheme="dark")
    ink = page.evaluate("getComputedStyle(document.querySelector('h2')).color")
    assert ink == "rgb(28, 32, 36)"
    assert page.pdf(format="A4").startswith(b"%PDF-")
