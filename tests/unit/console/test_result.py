"""A run's result in words and as JSON."""

import json
from pathlib import Path

import pytest

from console import result
from console.failure_digest import FailureDigest


def test_metric_is_compared_with_each_baseline(make_record):
    (rmse,) = result.comparisons(make_record().metrics)

    assert (rmse.label, rmse.value) == ("RMSE", 0.8)
    by_mean, by_bias = rmse.baselines
    assert by_mean == ("global mean", 1.0, pytest.approx(0.2))
    assert by_bias == ("customer + video bias", 0.9, pytest.approx(1 / 9))


def test_larger_accuracy_and_smaller_loss_are_better():
    metrics = {"accuracy": 0.6, "majority_accuracy": 0.5, "log_loss": 0.9, "prior_log_loss": 0.6}

    accuracy, log_loss = result.comparisons(metrics)

    assert accuracy.baselines[0][2] == pytest.approx(0.2)
    assert log_loss.baselines[0][2] == pytest.approx(-0.5)


def test_rejected_rows_leave_out_empty_reasons(make_record):
    assert result.rejected_rows(make_record().ratings) == [("below video threshold", 10)]


@pytest.mark.parametrize(
    ("text", "short"),
    [("0.0006928203230275508", "0.0006928"), ("40", "40"), ("1000000", "1000000"),
     ("regressor", "regressor"), ("1e-05", "1e-05"), ("inf", "inf")],
)  # fmt: skip
def test_numbers_are_cut_to_what_can_be_read(text, short):
    assert result.short_number(text) == short


def test_document_has_the_contract_keys(make_record):
    document = result.as_document(make_record(), Path("out/report.html"))

    assert document["status"] == "SUCCEEDED"
    assert document["run_id"] == "20261122t063156-1a2b3c"
    assert document["metrics"]["rmse"] == 0.8
    assert document["states"][0] == {"name": "ResolveRun", "status": "SUCCEEDED", "seconds": 0.5}
    assert document["seconds"] == 12.5
    assert document["report"] == "out/report.html"
    assert "trials" not in document
    json.dumps(document)


def test_document_marks_the_best_trial(make_record, make_trial):
    record = make_record(trials=[make_trial(1, 0.9), make_trial(2, 0.8)])

    trials = result.as_document(record, None)["trials"]

    assert [trial["best"] for trial in trials] == [False, True]


def test_outcome_is_said_in_one_sentence(make_record):
    record = make_record()
    assert "taken into use" in result.outcome_sentence(record)
    record.output["outcome"] = "rejected"
    assert "rejected" in result.outcome_sentence(record)
    record.output = {"outcome": "skipped", "running_execution_arn": "arn:other"}
    assert result.outcome_sentence(record).endswith("another one is running: arn:other")
    record.status, record.failure = "FAILED", FailureDigest("TrainModel", "x", "y", "z")
    assert result.outcome_sentence(record) == "The run failed in TrainModel."
    record.status, record.failure = "ABORTED", FailureDigest(None, None, "y", "z")
    assert result.outcome_sentence(record) == "The run was stopped."


@pytest.mark.parametrize(
    ("status", "failure", "expected"),
    [
        (
            "FAILED",
            FailureDigest("TrainModel", "JobFailed", "no luck", "Try again.", ("Log: https://x",)),
            "the run failed in TrainModel: no luck (JobFailed)\n"
            "What to do: Try again.\nLog: https://x",
        ),
        (
            "TIMED_OUT",
            FailureDigest(None, None, "no cause was given", "Look."),
            "the run timed out: no cause was given (no error name)\nWhat to do: Look.",
        ),
    ],
)
def test_failure_says_where_why_and_what_to_do(make_record, status, failure, expected):
    record = make_record(status=status, failure=failure)

    assert result.failure_text(record) == expected
