"""The list of executions."""

import re

from flask.testing import FlaskClient

from tests.unit.console.web.conftest import HOSTILE, FakeAws


def test_executions_are_listed_with_outcome_duration_and_rmse(
    browser: FlaskClient, aws: FakeAws
) -> None:
    aws.add("train-1", "SUCCEEDED", outcome="accepted", metrics={"rmse": 0.91014})
    aws.add("train-2", "FAILED")
    aws.add("train-3")
    page = browser.get("/").text
    assert page.index("train-1") < page.index("train-2") < page.index("train-3")
    assert "accepted" in page
    assert "0.9101" in page
    assert "1:05" in page
    assert 'data-running="1"' in page


def test_executions_are_chosen_by_status_and_outcome(browser: FlaskClient, aws: FakeAws) -> None:
    aws.add("good", "SUCCEEDED", outcome="accepted")
    aws.add("bad", "SUCCEEDED", outcome="rejected")
    aws.add("broken", "FAILED")
    assert "broken" not in browser.get("/?status=accepted").text
    assert ">bad<" not in browser.get("/?status=accepted").text
    assert ">good<" in browser.get("/?status=accepted").text
    assert ">broken<" in browser.get("/?status=failed").text
    assert ">broken<" in browser.get("/?status=nonsense").text


def test_what_has_ended_is_described_once(browser: FlaskClient, aws: FakeAws) -> None:
    for number in range(20):
        aws.add(f"run-{number}", "SUCCEEDED", outcome="accepted")
    browser.get("/")
    browser.get("/")
    assert aws.described == 20


def test_hostile_names_are_text(browser: FlaskClient, aws: FakeAws) -> None:
    aws.add(HOSTILE)
    page = browser.get("/").text
    assert "<script>alert" not in page
    assert '" onmouseover' not in page
    # What goes back to the server unseen stays as it is.
    assert "\u202e" not in re.sub(r'(type="checkbox"[^>]*value=)"[^"]*"', r"\1", page)


def test_a_page_that_does_not_exist_says_so(browser: FlaskClient) -> None:
    answer = browser.get("/nonsense")
    assert answer.status_code == 404
    assert "no such page" in answer.text
