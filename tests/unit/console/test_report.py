"""The report: complete, self-contained, and safe whatever the data holds."""

import re
from html.parser import HTMLParser

import pytest

from console.failure_digest import FailureDigest
from console.report import render_report
from console.sample_customers import CustomerSample, Shown

HOSTILE = "<script>alert('x')</script> & \"quotes\" </title>"


class Tags(HTMLParser):
    """Collects elements, their attributes and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words += data


def test_report_puts_the_outcome_first(make_record):
    text = Tags(render_report(make_record())).words

    body = text[text.index("The run succeeded") :]
    parts = ["into use", "0.8000", "global mean", "States", "TrainModel", "Where the rows went",
             "below video threshold", "Learning curve", "Cold starts", "What it recommends", "V2",
             "Hyperparameters", "num_factors", "s3://bucket-1/raw/ratings/"]  # fmt: skip
    positions = [body.index(part) for part in parts]
    assert positions == sorted(positions)


def test_report_needs_no_network(make_record):
    html = render_report(make_record())
    tags = Tags(html)

    assert not {"script", "link", "img", "iframe"} & set(tags.tags)
    assert not [value for name, value in tags.attributes if name in ("src", "href")]
    assert not re.search(r"url\(|@import|https?://", html)
    assert "prefers-color-scheme: dark" in html


def test_report_escapes_everything_that_comes_from_data(make_record, make_trial, make_state):
    shown = (Shown(HOSTILE, HOSTILE, 4.0),)
    record = make_record(
        samples=[CustomerSample(HOSTILE, HOSTILE, 1, shown, shown)],
        trials=[make_trial(1, 0.9, name=HOSTILE, hyperparameters={HOSTILE: HOSTILE})],
        hyperparameters={HOSTILE: HOSTILE},
        execution_input={HOSTILE: HOSTILE},
        gaps=[HOSTILE],
    )
    record.output["reasons"] = [HOSTILE]
    record.states.append(make_state(HOSTILE, 1, 2))
    record.resolved["dataset"] = {"uri": HOSTILE}

    html = render_report(record)

    assert "script" not in Tags(html).tags
    assert "<script" not in html
    assert "alert(&#39;x&#39;)" in html


def test_report_of_a_failure_names_step_and_cause(make_record, make_state):
    record = make_record(
        status="FAILED",
        output={},
        resolved={},
        samples=[],
        curve=[],
        hyperparameters={},
        states=[make_state("ResolveRun", 0, 1, status="FAILED")],
        failure=FailureDigest("ResolveRun", "InvalidInputError", "mode: unknown", "Mend it."),
    )

    text = Tags(render_report(record)).words

    assert "The run failed in ResolveRun." in text
    assert "mode: unknown (InvalidInputError)" in text
    assert "Against the baselines" not in text


def test_report_of_a_rejected_model_says_why(make_record):
    record = make_record()
    record.output.update(outcome="rejected", reasons=["rmse 0.9 is not below 0.8"])

    assert "Rejected because rmse 0.9 is not below 0.8." in Tags(render_report(record)).words


def test_report_of_a_tuning_lists_trials_with_the_best_marked(make_record, make_trial):
    record = make_record(trials=[make_trial(1, 0.9), make_trial(2, 0.8), make_trial(3, None)])

    text = Tags(render_report(record)).words

    assert "tuning-002-0a1b2c3d, the best" in text
    assert "tuning-003-0a1b2c3d" in text
    assert "Failed" in text


def test_report_of_a_running_execution_is_possible(make_record, make_state):
    record = make_record(
        status="RUNNING", ended_at=None, output={}, states=[make_state("TrainModel", 0, None)]
    )

    assert "has not ended yet" in render_report(record)


@pytest.mark.parametrize("metrics", [{"accuracy": 0.7, "majority_accuracy": 0.6}])
def test_report_of_a_classifier_shows_its_metrics(make_record, metrics):
    record = make_record()
    record.output["metrics"] = metrics

    text = Tags(render_report(record)).words

    assert "Accuracy" in text
    assert "RMSE per epoch" in text
    assert "always the more frequent class" in text
