"""A run's result in words and as JSON."""

import json
from pathlib import Path

import pytest

from console import result


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
    assert "in use" in result.outcome_sentence(record)
    record.output["outcome"] = "rejected"
    assert "rejected" in result.outcome_sentence(record)
    record.status, record.step = "FAILED", "TrainModel"
    assert result.outcome_sentence(record) == "The run failed in TrainModel."
    record.status, record.step = "ABORTED", None
    assert result.outcome_sentence(record) == "The run was stopped."


@pytest.mark.parametrize(
    ("status", "step", "error", "cause", "expected"),
    [
        ("FAILED", "Preprocess", "EmptyRatingsError", "Preprocess failed: none left",
         "the run failed: Preprocess failed: none left (EmptyRatingsError)"),
        ("FAILED", "TrainModel", "States.Runtime", "no such\n field",
         "the run failed in TrainModel: no such field (States.Runtime)"),
        ("TIMED_OUT", None, None, None,
         "the run timed out: no cause was given (no error name)"),
    ],
)  # fmt: skip
def test_failure_is_one_line_that_names_step_and_cause(
    make_record, status, step, error, cause, expected
):
    record = make_record(status=status, step=step, error=error, cause=cause)

    assert result.failure_text(record) == expected
