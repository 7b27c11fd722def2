"""The report of a planted run: every number is the run's own, every chart has a text."""

import datetime as dt
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from console import report as report_module
from console.failure_digest import FailureDigest
from console.report import MAX_EVENTS, render_report
from console.run_details import RunDetails
from console.run_events import Attempt, EventRow, RunEvents, read_events
from console.run_identity import FunctionCode, StoredObject
from console.sagemaker_jobs import JobRun
from recommender.prediction_quality import PredictionQuality
from recommender.rating_profile import RatingProfile

HOSTILE = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload=x"
START = dt.datetime(2026, 11, 22, 6, 31, 56, tzinfo=dt.UTC)
ALONE = {"meta"}


class Page(HTMLParser):
    """Collects elements, and the text by where it stands."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ALONE:
            self.open.append((tag, dict(attrs).get("class")))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        is_axis = ("text", "tick") in self.open
        if not is_axis and not any(tag == "style" for tag, _ in self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def details(history) -> RunDetails:
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.0, TrainingJobName="job-x")
    history.fail(seconds=2.5, error="Throttling", cause="slow down")
    history.schedule(seconds=4.0, TrainingJobName="job-y")
    history.add("TaskSucceeded", seconds=11.0).exit("TrainModel", seconds=11.0)
    job = JobRun(
        "training", "job-y", ("TrainingJobName", "job-y"), "Completed",
        START + dt.timedelta(seconds=4), START + dt.timedelta(seconds=6),
        START + dt.timedelta(seconds=11), "ml.c5.xlarge", 3, 1234.0, True, None,
    )  # fmt: skip
    profile = RatingProfile(2)
    profile.add(np.array([0, 0, 1]), np.array([2.0, 5.0, 5.0], np.float32))
    before = RatingProfile(2)
    before.add(np.array([0, 0, 1, 1]), np.array([2.0, 5.0, 5.0, 3.0], np.float32))
    quality = PredictionQuality(np.array([6, 60]), np.array([600, 6]), low=2.0, high=5.0)
    quality.add(np.array([0, 1]), np.array([0, 1]), np.array([2.0, 5.0]), np.array([2.7, 4.6]))
    states = {"TrainModel": {"Type": "Task", "Next": "Done"}, "Done": {"Type": "Succeed"}}
    return RunDetails(
        state_machine={
            "definition": {"StartAt": "TrainModel", "States": states},
            "stateMachineArn": "arn:machine",
            "revisionId": "revision-of-it",
        },
        events=read_events(history.events),
        jobs=[job],
        evaluation={
            "comparison": {
                "loss_name": "rmse", "loss": 0.8, "accepted_run_id": "run-before",
                "accepted_loss": 0.7654, "ratio": 1.0452, "limit": 1.07,
                "not_compared_because": None,
            }
        },
        examples={"malformed": ["ratings.csv line 4711"]},
        before=before.distribution(),
        kept=profile.distribution(),
        sources={
            "count": 102, "n_bytes": 23456, "sha256": "5ha-of-sources",
            "objects": [
                {"uri": "s3://b/raw/1", "n_bytes": 777, "etag": "etag-1", "version_id": "v-1"}
            ],
        },
        model=StoredObject("s3://b/model", 888, "etag-m", None),
        functions=[FunctionCode("Preprocess", "c0de=", "")],
        links=[("execution", "https://eu-west-1.console.aws.amazon.com/x")],
        quality=quality,
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        # Evaluate's comparison with the model in use
        "rmse 0.8000 against 0.7654 of run run-before: 1.045 times as much, at most 1.07 times",
        # history: attempts, and when events happened
        "TrainModel 10.0 s, 2 attempts",
        "attempt 1: failed (Throttling), 1.5 s; wait before the retry, 1.5 s; attempt 2",
        "2.500 TaskFailed TrainModel Throttling slow down",
        # SageMaker's job
        "training on 3 x ml.c5.xlarge, 7.0 s",
        "waits for its instances, 2.0 s; completed, 5.0 s",
        f"1234.0 {1234 * 3 / 3600:.4f}",
        f"all on ml.c5.xlarge {1234 * 3 / 3600:.4f}",
        # Preprocess' accounting
        "malformed ratings.csv line 4711",
        "rejected: below video threshold 10 9.09 %",
        # files: ratings
        "Kept: 3 ratings from 2 to 5, mean 4.00; the most frequent, 5, is 66.7%.",
        "Before: 4 ratings from 2 to 5, mean 3.75; the most frequent, 5, is 50.0%.",
        # files: predictions; errors +0.7 and -0.4
        f"2 test ratings and predictions: RMSE {((0.49 + 0.16) / 2) ** 0.5:.4f}",
        "mean +0.1500",
        "5-9 1 0.7000 0.7000",
        "50-99 1 0.4000 0.4000",
        "500-999 1 0.7000 0.7000",
        "4.6000 5.0000 1",
        # DescribeStateMachineForExecution
        "revision revision-of-it",
        # GetFunctionConfiguration
        "CodeSha256 of Preprocess c0de=",
        # what Preprocess read, HeadObject of the model
        "Read: 102 objects, 23,456 bytes.",
        "s3://b/raw/1 read 777 etag-1 v-1",
        "by address, size and ETag: 5ha-of-sources",
        "the first 1 of them listed",
        "s3://b/model model 888 etag-m none",
        # graph
        "1 of 2 states were entered",
    ],
)
def test_number_is_the_runs_own(make_record, make_state, details, words):
    record = make_record(states=[make_state("TrainModel", 1, 11)])

    assert words in Page(render_report(record, details)).text


def test_no_number_is_there_without_its_data(make_record, details):
    """What an empty run's report says holds no number but those of its name and times."""
    record = make_record(
        output={}, resolved={}, states=[], curve=[], hyperparameters={}, samples=[],
        execution_input={}, name="no-number", execution_arn="arn:execution",
    )  # fmt: skip

    text = Page(render_report(record, RunDetails())).text

    text = text.replace("2026-11-22 06:31:56 UTC", "").replace("12.5 s", "")
    assert re.findall(r"\d+", text) == []
    assert re.findall(r"\d+", Page(render_report(record, details)).text)


def test_page_is_self_contained_and_every_element_is_closed(make_record, details):
    html = render_report(make_record(), details)
    page = Page(html)

    assert page.open == [] or [tag for tag, _ in page.open] == []
    assert not {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe"}
    without_links = re.sub(r'<a href="https://[^"]*" rel="noreferrer">', "", html)
    assert not re.search(r"url\(|@import|https?://", without_links)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) > 0


def test_every_chart_has_a_text_and_a_table(make_record, details):
    page = Page(render_report(make_record(), details))
    charts = [attributes for tag, attributes in page.elements if tag == "svg"]

    assert len(charts) == 10  # graph, time, 2 of ratings, learning curve, 5 of predictions
    assert all(chart["role"] == "img" and len(chart["aria-label"]) > 30 for chart in charts)
    assert page.text.count(" in numbers ") == 8
    assert "Time as a table" in page.text
    assert "States as a table" in page.text


def test_what_scrolls_can_be_scrolled_with_the_keyboard(make_record, details):
    page = Page(render_report(make_record(), details))
    boxes = [a for _, a in page.elements if (a.get("class") or "").startswith("scroll")]

    assert boxes
    assert all(box["tabindex"] == "0" and box["aria-label"] for box in boxes)
    assert all(a.get("scope") in ("col", "row") for tag, a in page.elements if tag == "th")


def test_hostile_words_are_text(make_record, make_state, details):
    record = make_record(states=[make_state("TrainModel", 1, 11, error=HOSTILE)])
    definition = {"StartAt": HOSTILE, "States": {HOSTILE: {"Type": "Succeed"}}}
    details.state_machine = {"definition": definition, "stateMachineArn": HOSTILE}
    details.events.rows.append(EventRow(99, 1.0, HOSTILE, HOSTILE, HOSTILE))
    details.events.attempts[0].error = details.events.attempts[0].state = HOSTILE
    details.examples = {HOSTILE: [HOSTILE]}
    details.evaluation["comparison"]["accepted_run_id"] = HOSTILE
    details.gaps, details.doubts = [HOSTILE], [HOSTILE]
    details.sources["objects"][0]["uri"] = details.sources["objects"][0]["etag"] = HOSTILE
    details.functions = [FunctionCode(HOSTILE, HOSTILE, HOSTILE)]
    details.links = [(HOSTILE, "https://a/")]
    record.states.append(make_state(HOSTILE, 1, 2))

    html = render_report(record, details)
    page = Page(html)

    assert "<script" not in html
    assert not {tag for tag, _ in page.elements} & {"script", "img"}
    assert not [name for _, a in page.elements for name in a if name.startswith("on")]
    assert page.text.count("alert(1)") >= 9


def test_failure_says_what_to_do_and_links_to_https_alone(make_record, details):
    links = ("Job: https://console.aws.amazon.com/job", "Log: javascript:alert(1)")
    failure = FailureDigest("TrainModel", "JobFailed", "no capacity", "Wait.", links)
    record = make_record(status="FAILED", output={}, failure=failure)

    page = Page(render_report(record, details))

    assert "TrainModel: no capacity (JobFailed)" in page.text
    assert "What to do: Wait." in page.text
    hrefs = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert hrefs == ["https://console.aws.amazon.com/job", details.links[0][1]]
    assert "Log: javascript:alert(1)" in page.text


def test_failed_run_shows_where_its_rows_went(make_record, details):
    prepared = make_record().output["ratings"]
    record = make_record(status="FAILED", output={}, prepared=prepared)

    assert "kept 100 90.91 %" in Page(render_report(record, details)).text


def test_redrive_is_told(make_record, details):
    details.events.pauses.append((START, START + dt.timedelta(seconds=7)))

    assert (
        "Redriven at 2026-11-22 06:32:03 UTC." in Page(render_report(make_record(), details)).text
    )


def test_longest_history_fits_three_megabytes(make_record, make_state, details):
    rows = [EventRow(n, float(n), "TaskStateEntered", "S" * 80, "d" * 200) for n in range(25_000)]
    attempts = [Attempt("S" * 80, n, START, START, "FAILED", "E" * 80) for n in range(5_000)]
    details.events = RunEvents(rows=rows, attempts=attempts)
    states = [make_state("State" * 10, n, n + 1) for n in range(5_000)]

    html = render_report(make_record(states=states), details)

    assert len(html.encode()) < 3_000_000
    assert f"Events (25,000, the first {MAX_EVENTS:,} are shown" in Page(html).text
    assert "4850 more states or jobs are not drawn" in Page(html).text
    assert "(the first 1000 of 5000)" in Page(html).text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_of_text_are_told_apart_from_the_ground(theme):
    style = (Path(report_module.__file__).parent / "templates/report_style.css.j2").read_text()
    light, dark = re.findall(r":root \{([^}]*)\}", style)
    colours = dict(re.findall(r"--(\w+): (#\w+)", light if theme == "light" else dark))

    for ground in ("page", "card"):
        for ink in ("text", "dim", "accent", "good", "bad", "warn"):
            assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)  # WCAG 2.2 AA


def _contrast(one: str, other: str) -> float:
    low, high = sorted(_luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
