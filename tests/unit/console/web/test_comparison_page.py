"""Executions side by side, chosen in the list."""

import html
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.unit.console.conftest import History
from tests.unit.console.web.conftest import HOSTILE, FakeAws


class FakeAwsWithHistory(FakeAws):
    """Executions of which it is known what they were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.resolved: dict[str, dict[str, Any]] = {}

    def get_execution_history(self, *, executionArn: str, **_: Any) -> dict[str, Any]:
        history = History().enter("ResolveRun", seconds=0.0)
        run = self.resolved.get(executionArn.rsplit(":", 1)[1])
        if run:
            history.exit("ResolveRun", seconds=1.0, run=run)
        return {"events": list(reversed(history.events))}


@pytest.fixture
def aws() -> FakeAws:
    aws = FakeAwsWithHistory()
    for name, rmse, seed in (("one", 0.92, 1), ("two", 0.9, 2)):
        metrics = {"rmse": rmse, "global_mean_rmse": 1.1, "n_test": 20}
        aws.add(name, "SUCCEEDED", outcome="accepted", metrics=metrics)
        aws.resolved[name] = {"mode": "train", "split": {"seed": seed, "test": 0.2}}
    aws.add("broken", "FAILED")
    return aws


def rows(page: str) -> list[list[str]]:
    """What each row of the table says, cell by cell."""
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in page.split("<tr>")[1:])
    return [
        [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split()) for cell in row]
        for row in cells
    ]


def test_executions_stand_side_by_side_in_the_order_asked_for(browser: FlaskClient) -> None:
    found = rows(browser.get("/compare?run=two&run=one&run=two").text)

    assert found[0] == ["", "two", "one"]
    assert ["RMSE", "0.9000 best", "0.9200"] in found
    assert ["global mean", "1.1000", "1.1000"] in found
    assert ["split.seed", "2", "1"] in found
    assert not [row for row in found if row[0] == "split.test"]


def test_what_is_the_same_is_shown_when_asked_for(browser: FlaskClient) -> None:
    page = browser.get("/compare?run=one&run=two").text
    assert 'href="/compare?run=one&amp;run=two&amp;all=1"' in page

    assert ["split.test", "0.2", "0.2"] in rows(browser.get("/compare?run=one&run=two&all=1").text)


def test_a_failed_execution_has_gaps(browser: FlaskClient) -> None:
    found = rows(browser.get("/compare?run=one&run=broken").text)

    assert ["outcome", "✓ accepted", "✗ failed"] in found
    assert ["RMSE", "0.9200", "-"] in found


def test_models_tested_on_different_ratings_are_not_judged(
    browser: FlaskClient, aws: FakeAws
) -> None:
    metrics = {"rmse": 0.5, "global_mean_rmse": 0.6, "n_test": 9}
    aws.add("other", "SUCCEEDED", outcome="accepted", metrics=metrics)
    page = browser.get("/compare?run=one&run=other").text

    assert "one and other were tested on different ratings" in page
    assert ["RMSE", "0.9200", "0.5000"] in rows(page)


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 0), ("run=one", 1), ("run=one&run=one", 1), ("&".join(f"run={n}" for n in range(9)), 9)],
)
def test_two_to_eight_executions_are_compared(browser: FlaskClient, query: str, found: int) -> None:
    answer = browser.get(f"/compare?{query}")

    assert answer.status_code == 400
    assert f"expected 2 to 8 executions to compare, found {found}; tick them" in answer.text


def test_executions_are_ticked_in_the_list(browser: FlaskClient) -> None:
    page = browser.get("/").text

    ticked = re.findall(r'type="checkbox" name="run" form="compare" value="(\w+)"', page)
    assert ticked == ["one", "two", "broken"]
    assert '<form id="compare" action="/compare">' in page


def test_hostile_names_and_inputs_are_text(browser: FlaskClient, aws: Any) -> None:
    aws.add(HOSTILE, "FAILED")
    aws.resolved[HOSTILE] = {"dataset": {HOSTILE: HOSTILE}}
    page = browser.get("/compare", query_string={"run": ["one", HOSTILE]}).text

    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert '" onmouseover' not in page
    assert "\u202e" not in page
