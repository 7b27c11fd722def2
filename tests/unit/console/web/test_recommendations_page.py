"""The recommendations browser: searched, linked, escaped, and clear about what is not there."""

import html
import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from flask import Flask
from flask.testing import FlaskClient

from console.embedded_stack import DeployedStack
from console.recommendations import RecommendationBrowser
from console.recommendations.rating_table import RatingTable
from console.web.application import create_application
from console.web.place import EXTENSION
from recommender.run_layout import ACCEPTED_MODEL_KEY
from recommender.tables import RatingsColumns
from tests.unit.console.recommendations.planted import RUN_ID, columns, planted_run
from tests.unit.console.web.conftest import HOSTILE, FakeAws


class FakeAwsWithBucket(FakeAws):
    """Some objects of the data bucket beside the executions."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": Body(self.objects[Key])}

    def get_paginator(self, _name: str) -> Any:
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": Prefix, "Size": 2**40}]}]


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content


@pytest.fixture
def aws() -> FakeAwsWithBucket:
    aws = FakeAwsWithBucket()
    aws.objects[ACCEPTED_MODEL_KEY] = json.dumps(
        {"run_id": RUN_ID, "metrics": {"rmse": 0.9}}
    ).encode()
    return aws


@pytest.fixture
def application(stack: DeployedStack) -> Flask:
    return create_application(stack, "VideoRecommender")


@pytest.fixture
def browser(application: Flask) -> FlaskClient:
    keep(application, RUN_ID)
    return application.test_client()


def keep(application: Flask, run_id: str, **more: Any) -> None:
    """Let the console have a run in memory already."""
    run = planted_run(run_id=run_id, **more)
    application.extensions[EXTENSION].runs.get(run_id, lambda: RecommendationBrowser(run))


def words(page: str) -> str:
    """What a person reads."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def links(page: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'<li>[^<]*<a href="([^"]*)"', page)]


def test_the_model_in_use_is_shown_first(browser: FlaskClient) -> None:
    answer = browser.get("/recommendations")

    assert answer.status_code == 200
    assert "model of run run-1, in use · 7 ratings of 9 videos by 3 customers" in words(answer.text)
    assert links(answer.text)[:2] == [
        "/recommendations?customer=Bob",
        "/recommendations?customer=Ann",
    ]


def test_a_search_lists_videos_and_customers_with_links(browser: FlaskClient) -> None:
    page = browser.get("/recommendations?q=title 4").text
    assert links(page) == ["/recommendations?video=V4"]
    assert "No customer has “title 4” in their id" in words(page)

    assert links(browser.get("/recommendations?q=BOB").text) == ["/recommendations?customer=Bob"]


def test_links_keep_a_run_that_is_not_in_use(browser: FlaskClient, application: Flask) -> None:
    keep(application, "run-2", titles=["Same"] * 9)
    page = browser.get("/recommendations?run=run-2&q=same").text
    assert "Videos 9" in words(page)
    assert links(page)[0] == "/recommendations?run=run-2&video=V0"


def test_hits_are_bounded_and_counted(browser: FlaskClient, application: Flask) -> None:
    customers = RatingTable.of(
        {"train": [RatingsColumns(**columns([(0, 0, 4.0, 0)]))], "validation": [], "test": []},
        n_users=30,
        n_items=9,
    )
    ids = [f"customer-{number}" for number in range(30)]
    keep(application, "run-2", customer_ids=ids, ratings=customers)
    page = browser.get("/recommendations?run=run-2&q=custom").text

    assert len(links(page)) == 20
    assert "and 10 more: add a word" in words(page)


def test_history_and_recommendations_stand_side_by_side(browser: FlaskClient) -> None:
    page = words(browser.get("/recommendations?customer=Bob").text)

    assert "1 0.80 V8 0 2 0.70 Title 7 0" in page
    assert "3 0.00 Title 0 train 1970-01-04 1 0.30 Title 3 validation 1970-01-03" in page
    assert "5 0.10 Title 1 train 1970-01-02" in page
    assert "Ratings 4 Mean rating 3.25 Of these trained on 3" in page


def test_top_is_one_of_those_that_are_offered(browser: FlaskClient, application: Flask) -> None:
    for top, shown in ("25", 25), ("100", 100), ("1000000", 10), ("-1", 10), ("0", 10), ("x", 10):
        page = browser.get(f"/recommendations?customer=Bob&top={top}").text
        assert f'<b aria-current="true">top {shown}</b>' in page


def test_a_classifier_gives_chances(browser: FlaskClient, application: Flask) -> None:
    keep(application, "run-2", positive_rating=4.0, outcome="rejected")
    page = words(browser.get("/recommendations?run=run-2&customer=Bob").text)

    assert "chance of ≥ 4" in page
    assert "1 69 % V8" in page
    assert "rejected model of run run-2 ·" in page


def test_a_video_is_shown_with_ratings_raters_and_its_like(browser: FlaskClient) -> None:
    answer = browser.get("/recommendations?video=V0")
    page = words(answer.text)

    assert "1.00 Title 2 1 -1.00 Title 1 2" in page
    assert "4 1 3 1 2 1 Rated by 3 from Bob 4 ratings 2 from Ann 2 ratings" in page


def test_what_the_model_does_not_know_is_said(browser: FlaskClient) -> None:
    page = words(browser.get("/recommendations?customer=Cy").text)
    assert "trained on no rating of this customer" in page
    page = words(browser.get("/recommendations?video=V3").text)
    assert "trained on no rating of this video" in page


def test_unknown_customer_and_video_are_404_with_near_ones(browser: FlaskClient) -> None:
    answer = browser.get("/recommendations?customer=Bobby")
    assert answer.status_code == 404
    assert "there is no customer 'Bobby'" in words(answer.text)
    assert links(answer.text) == ["/recommendations?customer=Bob"]

    answer = browser.get("/recommendations?video=V44")
    assert answer.status_code == 404
    assert links(answer.text) == ["/recommendations?video=V4"]


def test_another_run_can_be_chosen(browser: FlaskClient, aws: FakeAws) -> None:
    aws.add("good", "SUCCEEDED", outcome="accepted", metrics={"rmse": 0.91014})
    aws.add("bad", "SUCCEEDED", outcome="rejected", metrics={"rmse": 1.5})
    aws.add("idle", "SUCCEEDED", outcome="skipped")
    aws.add("broken", "FAILED")
    options = re.findall(r"<option[^>]*>([^<]*)", browser.get("/recommendations").text)

    assert options[0] == "in use: run-1"
    assert [option.split(", ", 1)[1] for option in options[1:]] == [
        "accepted, RMSE 0.9101",
        "rejected, RMSE 1.5000",
    ]


def test_the_chosen_run_keeps_the_customer(browser: FlaskClient) -> None:
    page = browser.get("/recommendations?customer=Bob").text

    assert '<input type="hidden" name="customer" value="Bob">' in page
    page = browser.get("/recommendations?customer=Bob&q=Bob").text
    assert 'type="hidden"' not in page


def test_no_model_in_use_is_said(application: Flask, aws: FakeAwsWithBucket) -> None:
    aws.objects.clear()
    answer = application.test_client().get("/recommendations")

    assert answer.status_code == 200
    assert "No model is in use yet" in answer.text


@pytest.mark.parametrize("run", ["run-9", "../..", "x" * 300, HOSTILE])
def test_a_run_that_is_not_there_is_404_and_others_can_be_chosen(
    browser: FlaskClient, run: str
) -> None:
    answer = browser.get("/recommendations", query_string={"run": run, "customer": "Bob"})

    assert answer.status_code == 404
    assert "recommender list" in answer.text
    assert "in use: run-1" in answer.text
    assert "<script>" not in answer.text


def test_a_run_that_is_too_large_says_so_and_others_can_be_chosen(
    browser: FlaskClient, aws: FakeAwsWithBucket
) -> None:
    evaluation = {"model_data_uri": "s3://bucket/runs/run-9/m.tar.gz", "outcome": "accepted"}
    aws.objects["runs/run-9/metrics/evaluation.json"] = json.dumps(evaluation).encode()
    answer = browser.get("/recommendations?run=run-9")

    assert answer.status_code == 502
    assert "Amazon Athena" in answer.text
    assert "in use: run-1" in answer.text


def test_damaged_files_are_a_problem_of_the_environment(
    browser: FlaskClient, aws: FakeAwsWithBucket
) -> None:
    aws.objects["runs/run-9/metrics/evaluation.json"] = b"<script>"
    answer = browser.get("/recommendations?run=run-9")

    assert answer.status_code == 502
    assert "expected the evaluation of a run" in answer.text

    aws.objects[ACCEPTED_MODEL_KEY] = b"{}"
    answer = browser.get("/recommendations")
    assert answer.status_code == 502
    assert "expected the record of an accepted run" in answer.text


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"q": "script"},
        {"q": HOSTILE},
        {"customer": HOSTILE},
        {"video": HOSTILE},
        {"video": "V1"},
        {"customer": "unknown" + HOSTILE},
        {"customer": "Cy", "q": HOSTILE},
        {"q": "\x00\x1b[31m"},
    ],
)
def test_hostile_names_are_text(
    browser: FlaskClient, application: Flask, address: dict[str, str]
) -> None:
    keep(
        application,
        "run-2",
        customer_ids=[HOSTILE, f"{HOSTILE}2", "Cy"],
        video_ids=[HOSTILE, *(f"V{number}" for number in range(1, 9))],
        titles=[f"{HOSTILE}{number}" for number in range(9)],
    )
    page = browser.get("/recommendations", query_string={"run": "run-2", **address}).text

    assert "run-2" in page
    assert "<script>alert" not in page
    assert '" onmouseover' not in page
    # What goes back to the server unseen stays as it is.
    shown = re.sub(r'<input type="hidden"[^>]*>', "", page)
    assert not {"\u202e", "\x1b", "\x00"} & set(shown)


def test_hostile_ids_are_linked_to_what_they_are(browser: FlaskClient, application: Flask) -> None:
    keep(application, "run-2", customer_ids=[HOSTILE, "a&run=run-1", "Cy"])
    found = links(browser.get("/recommendations?run=run-2").text)

    for link in found[:3]:
        assert browser.get(link).status_code == 200, link
    assert "customer=a%26run%3Drun-1" in found[0]
