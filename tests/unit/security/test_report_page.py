"""A hostile title, id or run id does nothing in the report, and leads to no other folder."""

import re
from html.parser import HTMLParser

import pytest

from console.report import render_report
from console.sample_customers import CustomerSample, Shown

HOSTILE = (
    "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload=alert(1) x='"
)


class Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes


def test_titles_and_ids_are_text(make_record):
    shown = (Shown(HOSTILE, HOSTILE, 4.0),)
    record = make_record(samples=[CustomerSample(HOSTILE, HOSTILE, 1, shown, shown)])
    record.output["run_id"] = HOSTILE
    record.name = HOSTILE

    page = Page(render_report(record))

    assert not page.tags & {"script", "img", "iframe", "object", "a", "form"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_page_may_load_and_run_nothing(make_record):
    """Even where escaping had a hole, the browser would refuse."""
    html = render_report(make_record())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)

    assert policy is not None
    assert policy[1] == "default-src 'none'; style-src 'unsafe-inline'"
    assert html.index("Content-Security-Policy") < html.index("<title>")


@pytest.mark.parametrize(
    ("run_id", "folder"),
    [
        ("20261122t063156-1a2b3c", "20261122t063156-1a2b3c"),
        ("../../etc", ".._.._etc"),
        ("/etc/passwd", "_etc_passwd"),
        ("..", "run"),
        ("C:\\Windows", "C__Windows"),
        ("a\x1b[2J", "a__2J"),
    ],
)
def test_run_id_leads_to_no_other_folder(make_record, run_id, folder):
    record = make_record()
    record.output["run_id"] = run_id

    assert record.folder_name == folder
