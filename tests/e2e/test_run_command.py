"""``recommender run`` from the ratings file to the report."""

import json

import pytest

pytestmark = pytest.mark.slow

PREPARATION = [
    "ResolveRun",
    "ClaimRun",
    "SkipIfRunning",
    "ResumeStep",
    "PreparationRoute",
    "Preprocess",
    "ConvertRecordIO",
    "TrainOrTune",
]
# The defaults are made for more ratings than are generated here.
INPUT = {
    "hyperparameters": {
        "num_factors": 4,
        "epochs": 60,
        "factors_lr": 0.01,
        "linear_lr": 0.02,
        "factors_init_sigma": 0.1,
    }
}


def test_run_trains_a_model_that_beats_the_baselines(workspace, ratings_file, planted_ratings):
    """The stack is synthesized, as in a fresh clone."""
    (workspace.folder / "input.json").write_text(json.dumps(INPUT))

    completed = workspace.command(
        "run", "--data", "ratings.csv", "--input", "@input.json", "--output", "out", "--json"
    )

    assert completed.returncode == 0, completed.stderr
    (line,) = completed.stdout.splitlines()
    document = json.loads(line)
    assert document["status"] == "SUCCEEDED"
    states = [state["name"] for state in document["states"]]
    assert states[:9] == [*PREPARATION, "TrainModel"]
    assert all(state["status"] == "SUCCEEDED" for state in document["states"])
    metrics = document["metrics"]
    assert planted_ratings.optimum_rmse < metrics["rmse"] < 0.7 * metrics["bias_baseline_rmse"]
    assert metrics["bias_baseline_rmse"] < metrics["global_mean_rmse"]
    assert document["ratings"]["accounting"]["rows_read"] == len(planted_ratings.frame)

    folder = workspace.folder / "out"
    assert document["report"] == str(folder / "report.html")
    names = {path.name for path in folder.iterdir()}
    assert names == {"report.html", "evaluation.json", "model.tar.gz", "execution.json"}
    assert json.loads((folder / "evaluation.json").read_text())["metrics"] == metrics
    assert completed.stderr.count(": train RMSE ") == INPUT["hyperparameters"]["epochs"]
    assert "TrainModel: succeeded after" in completed.stderr
    assert "Traceback" not in completed.stderr
    assert workspace.leftovers == []
    assert {path.name for path in workspace.folder.iterdir()} == {
        "out",
        "input.json",
        "ratings.csv",
        "movies.csv",
    }


def test_tuning_takes_the_model_of_the_best_trial(workspace, ratings_file, assembly):
    """And neither a profile that does not exist nor a proxy gets in the way."""
    completed = workspace.command(
        "run", "--data", str(ratings_file), "--mode", "tune", "--assembly", str(assembly),
        "--json", "--quiet",
        AWS_PROFILE="nobody", AWS_ENDPOINT_URL="http://127.0.0.1:9",
        HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9",
    )  # fmt: skip

    assert completed.returncode == 0, completed.stderr
    document = json.loads(completed.stdout)
    assert len(document["trials"]) >= 6
    best = min(document["trials"], key=lambda trial: trial["objective"])
    assert best["best"]
    assert document["model"]["training_job_name"] == best["name"]
    report = workspace.folder / "output" / document["run_id"] / "report.html"
    assert str(report) == document["report"]
    assert f"{best['name']}, the best" in report.read_text()
    assert completed.stderr == ""


def test_failed_run_says_where_and_why_and_leaves_nothing(workspace, assembly):
    """A file that can be read, but nobody in it rates enough."""
    (workspace.folder / "few.csv").write_text("userId,movieId,rating\n1,2,4\n1,3,5\n")

    completed = workspace.command(
        "run", "--data", "few.csv", "--assembly", str(assembly), "--output", "out", "--json"
    )

    assert completed.returncode == 1
    document = json.loads(completed.stdout)
    assert document["status"] == "FAILED"
    assert document["error"]["step"] == "Preprocess"
    assert document["error"]["error"] == "EmptyRatingsError"
    assert "min_ratings_per_customer" in document["error"]["cause"]
    assert document["report"] is None
    why, to_do = completed.stderr.splitlines()[-2:]
    assert why.startswith("error: the run failed in Preprocess: ")
    assert to_do.startswith("What to do: ")
    assert "Traceback" not in completed.stderr
    assert not (workspace.folder / "out").exists()
    assert workspace.leftovers == []
