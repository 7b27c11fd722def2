"""Starting an execution: the form, the JSON, and what is said of both."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from botocore.exceptions import ClientError
from flask.testing import FlaskClient

from console.input_form.fields import form_fields
from tests.unit.console.web.conftest import HOSTILE, MACHINE, FakeAws

DEPLOYMENT = {"training": {"instance_type": "ml.m5.large"}}


class StartAws(FakeAws):
    """Takes executions, and has a state machine and ratings."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[dict[str, Any]] = []
        self.definitions_read = 0
        self.refusal: str | None = None
        self.keys = ["raw/ratings.csv", "raw/_SUCCESS", "raw/"]

    def _refuse(self, operation: str) -> None:
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": HOSTILE}}, operation)

    def start_execution(self, **request: Any) -> dict[str, str]:
        self._refuse("StartExecution")
        self.started.append(request)
        arn = MACHINE.replace("stateMachine", "execution")
        return {"executionArn": f"{arn}:{request['name']}"}

    def describe_state_machine(self, *, stateMachineArn: str) -> dict[str, str]:
        assert stateMachineArn == MACHINE
        self._refuse("DescribeStateMachine")
        self.definitions_read += 1
        payload = {"input_defaults": DEPLOYMENT}
        states = {"ResolveRun": {"Parameters": {"Payload": payload}}}
        return {"definition": json.dumps({"States": states})}

    def list_objects_v2(self, *, Bucket: str, **_: Any) -> dict[str, Any]:
        assert Bucket == "bucket"
        self._refuse("ListObjectsV2")
        folders = [{"Prefix": "raw/folder/"}]
        return {"Contents": [{"Key": key} for key in self.keys], "CommonPrefixes": folders}


@pytest.fixture
def aws() -> StartAws:
    return StartAws()


class Page(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def having(self, name: str) -> dict[str, dict[str, str | None]]:
        return {str(found[name]): found for _, found in self.elements if name in found}


def field(text: str, name: str) -> dict[str, str | None]:
    return Page(text).having("name")[name]


def written_json(text: str) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", text, re.DOTALL)
    assert found
    return found[1]


def test_the_form_has_every_field_and_shows_the_deployments_defaults(browser: FlaskClient) -> None:
    text = browser.get("/start").text

    names = Page(text).having("name")
    assert set(form_fields()) <= set(names)
    assert names["training.instance_type"]["placeholder"] == "ml.m5.large"
    assert names["transform.instance_type"]["placeholder"] == "ml.c5.xlarge"
    assert written_json(text) == "{}"
    assert "at most 100 instance-hours in at most 8 jobs" in text
    assert "Reads s3://bucket/raw/ratings." in text


def test_everything_that_is_referred_to_is_there(browser: FlaskClient) -> None:
    bad = {"side": "json", "json": '{"training": {"instance_count": 0}, "split": {"train": 1}}'}
    for text in (browser.get("/start").text, browser.post("/start", data=bad).text):
        page = Page(text)
        ids = [found["id"] for _, found in page.elements if "id" in found]
        assert len(ids) == len(set(ids))
        referred = [
            reference
            for _, found in page.elements
            for attribute in ("for", "aria-describedby", "aria-controls", "list")
            for reference in (found.get(attribute) or "").split()
        ]
        assert len(referred) > 200
        assert set(referred) <= set(ids)
        links = [str(found["href"]) for tag, found in page.elements if tag == "a"]
        assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


def test_ratings_of_the_data_bucket_are_suggested(browser: FlaskClient, aws: StartAws) -> None:
    aws.keys.append(f"raw/{HOSTILE}")

    text = browser.get("/start").text

    assert field(text, "dataset.uri")["list"] == "l-dataset.uri"
    values = Page(text).having("value")
    assert {"raw/folder/", "raw/ratings.csv", f"raw/{HOSTILE}"} <= set(values)
    assert "raw/_SUCCESS" not in values
    assert "<script>alert" not in text


def test_what_is_typed_into_the_form_becomes_json_with_its_cost(browser: FlaskClient) -> None:
    typed = {"side": "form", "mode": "tune", "tuning.max_jobs": "4", "training.use_spot": ""}

    answer = browser.post("/start/check", data=typed).get_json()

    assert json.loads(answer["json"]) == {"mode": "tune", "tuning": {"max_jobs": 4}}
    assert answer["problems"] == []
    assert answer["bound"] == "at most 112 instance-hours in at most 20 jobs"
    assert any("4 trials" in sentence for sentence in answer["plan"])


def test_what_is_typed_as_json_fills_the_form(browser: FlaskClient) -> None:
    given = {"training": {"instance_type": "ml.m5.large", "instance_count": 2}, "moed": "tune"}

    typed = {"side": "json", "json": json.dumps(given)}
    answer = browser.post("/start/check", data=typed).get_json()

    # The deployment's default is what the empty field says already.
    assert answer["form"] == {"training.instance_count": "2"}
    assert answer["not_shown"] == ["moed"]
    assert answer["problems"] == [
        {
            "place": "",
            "words": 'moed: unknown key, did you mean "mode"?',
            "text": 'moed: unknown key, did you mean "mode"?',
        }
    ]
    assert answer["bound"] is None


@pytest.mark.parametrize("text", ["{", "[1]", "[" * 50_000, '{"mode": NaN}', '"\\ud800"'])
def test_json_that_is_none_is_a_problem_of_the_whole(browser: FlaskClient, text: str) -> None:
    typed = {"side": "json", "json": text}

    answer = browser.post("/start/check", data=typed).get_json()

    assert answer["form"] is None
    assert [problem["place"] for problem in answer["problems"]] == [""]
    page = browser.post("/start", data=typed)
    assert page.status_code == 400
    assert len(page.text) < 300_000


def test_half_of_a_character_is_shown_as_its_escape(browser: FlaskClient, aws: StartAws) -> None:
    given = {"\ud800": 1, "dataset": {"uri": "raw/\ud800"}}
    typed = {"side": "json", "json": json.dumps(given)}

    assert browser.post("/start/check", data=typed).status_code == 200
    assert "ud800" in browser.post("/start", data=typed).text
    aws.add("odd")
    aws.items[0]["input"] = json.dumps(given)
    assert "ud800" in written_json(browser.get("/start?from=odd").text)


def test_an_execution_starts_with_what_differs_from_the_defaults(
    browser: FlaskClient, aws: StartAws
) -> None:
    typed = {
        "side": "form",
        "name": "mine",
        "dataset.uri": "raw/ratings.csv",
        "split.seed": "2026",
        "training.instance_count": "2",
        "json": '{"mode": "tune"}',
    }

    answer = browser.post("/start", data=typed)

    assert answer.status_code == 302
    assert answer.location == "/executions/mine/"
    (request,) = aws.started
    assert request["name"] == "mine"
    assert json.loads(request["input"]) == {
        "dataset": {"uri": "raw/ratings.csv"},
        "training": {"instance_count": 2},
    }


def test_json_starts_as_it_is_written(browser: FlaskClient, aws: StartAws) -> None:
    browser.post("/start", data={"side": "json", "json": '{"split": {"seed": 2026}}', "name": ""})

    (request,) = aws.started
    assert json.loads(request["input"]) == {"split": {"seed": 2026}}
    assert request["name"].startswith("train-")


def test_a_wrong_input_does_not_start_and_is_kept(browser: FlaskClient, aws: StartAws) -> None:
    typed = {
        "side": "form",
        "name": HOSTILE,
        "dataset.uri": f"https://{HOSTILE}",
        "training.instance_count": "two",
        "split.train": "0.5",
    }

    answer = browser.post("/start", data=typed)

    assert answer.status_code == 400
    assert aws.started == []
    uri = field(answer.text, "dataset.uri")
    assert uri["value"] == f"https://{HOSTILE}"
    assert uri["aria-invalid"] == "true"
    assert "p-dataset.uri" in str(uri["aria-describedby"])
    count = field(answer.text, "training.instance_count")
    assert (count["value"], count["aria-invalid"]) == ("two", "true")
    assert "aria-invalid" not in field(answer.text, "split.train")
    assert 'id="p-split">expected train, validation and test to sum to 1' in answer.text
    assert field(answer.text, "name")["value"] == HOSTILE
    assert "<script>alert" not in answer.text
    assert '" onmouseover' not in answer.text


@pytest.mark.parametrize("name", ["a b", "a/b", "x" * 81, "<b>", "a\x00"])
def test_a_name_that_no_execution_can_have_is_said(
    browser: FlaskClient, aws: StartAws, name: str
) -> None:
    answer = browser.post("/start", data={"side": "form", "name": name, "split.seed": "7"})

    assert answer.status_code == 400
    assert "expected 1 to 80 characters" in answer.text
    assert field(answer.text, "split.seed")["value"] == "7"
    assert aws.started == []


def test_a_refusal_of_aws_loses_nothing(browser: FlaskClient, aws: StartAws) -> None:
    browser.get("/start")
    aws.refusal = "ExecutionAlreadyExists"

    answer = browser.post("/start", data={"side": "form", "name": "taken", "split.seed": "7"})

    assert answer.status_code == 400
    assert "ExecutionAlreadyExists" in answer.text
    assert field(answer.text, "split.seed")["value"] == "7"
    assert "<script>alert" not in answer.text


def test_the_form_works_without_what_may_not_be_read(browser: FlaskClient, aws: StartAws) -> None:
    aws.refusal = "AccessDeniedException"

    text = browser.get("/start").text

    assert "The defaults of the deployment are not known" in text
    assert "The ratings are not listed" in text
    assert field(text, "training.instance_type")["placeholder"] == "ml.c5.xlarge"


def test_the_definition_is_read_when_the_form_is_opened_only(
    browser: FlaskClient, aws: StartAws
) -> None:
    browser.get("/start")
    for _ in range(5):
        browser.post("/start/check", data={"side": "form"})
    assert aws.definitions_read == 1
    browser.get("/start")
    assert aws.definitions_read == 2


def test_the_input_of_another_execution_is_filled_in(browser: FlaskClient, aws: StartAws) -> None:
    aws.add("before")
    aws.items[0]["input"] = json.dumps({"mode": "tune", "dataset": {"uri": HOSTILE}})

    text = browser.get("/start?from=before").text

    assert json.loads(re.sub("&[#0-9a-z]+;", _unescaped, written_json(text))) == {
        "mode": "tune",
        "dataset": {"uri": HOSTILE},
    }
    assert field(text, "dataset.uri")["value"] == HOSTILE
    assert "/executions/before/" in text
    assert "<script>alert" not in text


def _unescaped(found: re.Match[str]) -> str:
    return {"&#34;": '"', "&lt;": "<", "&gt;": ">", "&#39;": "'", "&amp;": "&"}[found[0]]


def test_an_input_that_is_no_object_is_shown_as_it_is(browser: FlaskClient, aws: StartAws) -> None:
    aws.add("before")
    aws.items[0]["input"] = '"text"'

    text = browser.get("/start?from=before").text

    assert "expected a JSON object such as {}" in text
    assert "&#34;text&#34;" in written_json(text)


@pytest.mark.parametrize("address", ["/start", "/start/check"])
def test_other_sites_start_nothing(browser: FlaskClient, aws: StartAws, address: str) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser.post(address, data={"side": "form"}, headers=headers).status_code == 403
    assert aws.started == []


def test_what_is_far_too_long_is_refused(browser: FlaskClient) -> None:
    answer = browser.post("/start/check", data={"side": "json", "json": "x" * 2_000_000})

    assert answer.status_code == 413
