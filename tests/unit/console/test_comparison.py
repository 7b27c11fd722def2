"""Runs side by side."""

import json

import pytest

from console.comparison import ComparedRun, RunComparison, compare
from console.comparison_table import comparison_lines

METRICS = {"rmse": 0.91, "mae": 0.72, "global_mean_rmse": 1.12, "bias_baseline_rmse": 0.95,
           "n_test": 20}  # fmt: skip
RESOLVED = {
    "run_id": "r",
    "mode": "train",
    "uris": {"model": "s3://b/runs/r/"},
    "dataset": {"uri": "s3://b/raw/x/", "columns": None},
    "split": {"seed": 1, "train": 0.6},
    "tuning": {"max_jobs": 8, "static_hyperparameters": {"num_factors": "64"}},
    "hyperparameters": {"num_factors": "64"},
    "training": {"placements": [{"instance_type": "a"}, {"instance_type": "b"}]},
}


@pytest.fixture
def make_run(make_record, make_state):
    def make(name="train-1", metrics=METRICS, hours=0.5, num_factors="64", **resolved):
        record = make_record(
            name=name,
            output={
                "outcome": "accepted",
                "metrics": metrics,
                "ratings": {"accounting": {"rows_read": 100_000, "kept": 90}, "n_test": 20},
                "model": {"hyperparameters": {"num_factors": num_factors, "epochs": "40"}},
            },
            resolved={**RESOLVED, **resolved},
            states=[make_state("TrainModel", 0, 4), make_state("TrainModel", 10, 13)],
        )
        return ComparedRun(record, hours)

    return make


@pytest.fixture
def failed(make_record):
    return ComparedRun(
        make_record(name="failed", status="FAILED", output={}, resolved={}, states=[]), None
    )


def rows(comparison: RunComparison) -> dict[str, tuple]:
    return {row.label.strip(): row.values for one in comparison.sections for row in one.rows}


def best(comparison: RunComparison) -> dict[str, set[int]]:
    return {row.label: set(row.best) for one in comparison.sections for row in one.rows if row.best}


def test_values_are_each_runs_own(make_run):
    found = rows(compare([make_run(), make_run(hours=0.25)]))

    assert found["outcome"] == ("accepted", "accepted")
    assert found["RMSE"] == (0.91, 0.91)
    assert found["customer + video bias"] == (0.95, 0.95)
    assert found["rows read"] == (100_000, 100_000)
    assert found["whole run"] == (12.5, 12.5)
    assert found["TrainModel"] == (7.0, 7.0)  # redriven: both visits
    assert found["instance-hours"] == (0.5, 0.25)


def test_only_what_differs_of_input_and_hyperparameters(make_run):
    runs = [make_run(), make_run(num_factors="8", split={"seed": 2, "train": 0.6})]

    titles = {one.title: [row.label for row in one.rows] for one in compare(runs).sections}
    assert titles["Hyperparameters"] == ["num_factors"]
    assert titles["Input"] == ["split.seed"]
    found = rows(compare(runs, show_all=True))
    assert found["epochs"] == ("40", "40")
    assert found["training.placements"] == (2, 2)
    assert found["training.placements.instance_type"] == (["a", "b"], ["a", "b"])
    assert not {"uris.model", "run_id", "dataset.columns", "tuning.max_jobs"} & found.keys()


def test_tuning_counts_where_there_is_one(make_run):
    found = rows(compare([make_run(), make_run(mode="tune")]))

    assert found["tuning.max_jobs"] == (None, 8)
    assert "tuning.static_hyperparameters.num_factors" not in found


def test_best_are_marked(make_run):
    better = {**METRICS, "rmse": 0.9, "mae": 0.73}

    assert best(compare([make_run(), make_run(metrics=better)])) == {"RMSE": {1}, "MAE": {0}}


def test_accuracy_is_the_better_the_bigger(make_run):
    metrics = {"accuracy": 0.8, "majority_accuracy": 0.6, "log_loss": 0.4, "prior_log_loss": 0.6}
    runs = [make_run(metrics=metrics), make_run(metrics={**metrics, "accuracy": 0.9})]

    assert best(compare(runs)) == {"Accuracy": {1}, "Log loss": {0, 1}}


@pytest.mark.parametrize("changed", [{"n_test": 21}, {"global_mean_rmse": 1.1200001}])
def test_other_test_ratings_are_warned_of_and_nothing_is_judged(make_run, changed):
    runs = [make_run(), make_run("train-2", metrics={**METRICS, **changed, "rmse": 0.5})]

    comparison = compare(runs)

    assert best(comparison) == {}
    (warning,) = comparison.warnings
    assert warning.startswith("train-1 and train-2 were tested on different ratings")


def test_run_that_failed_early_differs_in_nothing(make_run, failed):
    comparison = compare([failed, make_run(), make_run()])

    assert {one.title for one in comparison.sections} == {
        "Run", "Test split", "Ratings", "Time and cost"
    }  # fmt: skip
    assert rows(comparison)["outcome"] == ("failed", "accepted", "accepted")
    assert best(comparison)["RMSE"] == {1, 2}
    assert comparison.warnings == ()


def test_document_has_the_same_in_full(make_run, failed):
    comparison = compare([make_run(), failed])

    document = json.loads(json.dumps(comparison.as_document()))

    assert [run["status"] for run in document["runs"]] == ["SUCCEEDED", "FAILED"]
    (rmse,) = (row for one in document["sections"] for row in one["rows"] if row["label"] == "RMSE")
    assert rmse == {"label": "RMSE", "kind": "metric", "values": [0.91, None], "best": []}


def test_runs_stand_side_by_side(make_run, failed):
    lines = comparison_lines(compare([make_run("a\x1b"), failed, make_run("c")]), None)

    assert lines[:5] == ["A  a\\x1b", "B  failed", "C  c", "", lines[4]]
    assert lines[4].split() == ["A", "B", "C"]
    text = "\n".join(lines)
    assert ["RMSE", "0.9100", "*", "-", "0.9100", "*"] in [line.split() for line in lines]
    assert "100,000" in text
    assert "* the best" in text


def test_runs_that_do_not_fit_stand_below_one_another(make_run):
    runs = [make_run(f"train-{number}", dataset={"uri": "s3://" + "x" * 99 + str(number)})
            for number in range(8)]  # fmt: skip

    lines = comparison_lines(compare(runs), 80)

    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("TEST SPLIT") for line in lines) > 1
    shown = [line.split()[1:] for line in lines if line.split()[:1] == ["mode"]]
    assert sum(map(len, shown)) == 8
