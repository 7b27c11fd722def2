"""The metrics that a run's functions write, read back from their log."""

import json

import numpy as np
import pytest

from lambdas.convert_recordio.handler import lambda_handler as convert_recordio
from lambdas.evaluate.handler import lambda_handler as evaluate
from lambdas.preprocess.handler import lambda_handler as preprocess
from recommender import tables
from recommender.errors import ArtifactNotFoundError, RatingsNotFoundError
from recommender.run_layout import ACCEPTED_MODEL_KEY, RunLayout
from tests import planted

ACCEPTED = json.dumps({"run_id": "earlier", "metrics": {"rmse": 0.2}}).encode()


def embedded(out: str) -> dict[tuple[str, ...], float]:
    """Metrics by their names and dimensions' values, the stack's left out."""
    found: dict[tuple[str, ...], float] = {}
    for line in map(json.loads, out.splitlines()):
        assert line["run_id"].startswith("20261122t063156-"), line
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            (names,) = directive["Dimensions"]
            assert line["Stack"] == "some-stack"
            key = tuple(line[name] for name in names if name != "Stack")
            found |= {(m["Name"], *key): line[m["Name"]] for m in directive["Metrics"]}
    return found


@pytest.fixture
def run(bucket, resolve, monkeypatch):
    monkeypatch.setenv("STACK_NAME", "some-stack")
    ratings = planted.plant().frame
    bucket.put("raw/ratings", planted.movielens_inter(ratings) + b"x\ty\tnot a number\t1\n")

    def resolved(**execution_input):
        found = resolve(**execution_input)
        found["ratings"] = preprocess(
            {k: found[k] for k in ("run_id", "dataset", "filter", "split")}, None
        )
        return found

    return resolved


def convert(run):
    counts = {name: count for name, count in run["ratings"].items() if name.startswith("n_")}
    return convert_recordio(
        {
            "run_id": run["run_id"],
            **counts,
            "instance_count": 1,
            "max_rows_per_file": 500,
            "max_payload_mb": 6,
            "positive_rating": run["positive_rating"],
        },
        None,
    )


def judge(bucket, run, error):
    """Evaluate predictions that miss every rating by `error`."""
    layout = RunLayout(run["run_id"])
    truths = bucket.table(layout.ratings_key("test", 0), tables.read_ratings).rating
    scores = truths.astype(np.float64) + error
    for part, start in enumerate(range(0, len(scores), 500)):
        lines = [json.dumps({"score": score}) + "\n" for score in scores[start : start + 500]]
        bucket.put(layout.prediction_key(part), "".join(lines).encode())
    return evaluate(
        {
            "run_id": run["run_id"],
            "predictor_type": run["predictor_type"],
            "quality_gate": run["quality_gate"],
            "training_job_name": "some-job",
            "model_data_uri": "s3://data-bucket/model.tar.gz",
            "ratings": run["ratings"],
            "positive_rating": run["positive_rating"],
        },
        None,
    )


def test_preprocess_counts_rows_by_what_became_of_them(run, capsys):
    accounting = run()["ratings"]["accounting"]

    found = embedded(capsys.readouterr().out)
    assert accounting["rejected"]["malformed"] == 1
    assert found[("RowsRead",)] == accounting["rows_read"] == 6001
    assert found[("RowsKept",)] == accounting["kept"]
    assert found[("RowsRejected",)] == 6001 - accounting["kept"]
    for reason, rows in accounting["rejected"].items():
        assert found[("RowsRejected", reason)] == rows
    assert found[("Duration", "Preprocess")] > 0


def test_convert_recordio_counts_records_and_bytes(bucket, run, capsys):
    resolved = run()
    capsys.readouterr()

    convert(resolved)

    found = embedded(capsys.readouterr().out)
    prefix = f"runs/{resolved['run_id']}/recordio/"
    assert found[("RecordsWritten",)] == resolved["ratings"]["accounting"]["kept"]
    assert found[("BytesWritten",)] == sum(len(bucket.get(key)) for key in bucket.keys(prefix))
    assert found[("Duration", "ConvertRecordIO")] > 0


def test_evaluate_compares_with_baselines_and_with_the_model_in_use(bucket, run, capsys):
    resolved = run()
    convert(resolved)
    bucket.put(ACCEPTED_MODEL_KEY, ACCEPTED)
    capsys.readouterr()

    answer = judge(bucket, resolved, 0.25)

    found = embedded(capsys.readouterr().out)
    assert found[("Rmse",)] == pytest.approx(0.25)
    assert found[("RmseRatioToAccepted",)] == pytest.approx(1.25)
    assert found[("BiasBaselineRmse",)] == answer["metrics"]["bias_baseline_rmse"]
    assert found[("GlobalMeanRmse",)] == answer["metrics"]["global_mean_rmse"]
    assert (found[("ModelsAccepted",)], found[("ModelsRejected",)]) == (0, 1)
    assert found[("Duration", "Evaluate")] > 0


def test_a_rejected_first_model_has_nothing_to_be_compared_with(bucket, run, capsys):
    resolved = run()
    convert(resolved)
    capsys.readouterr()

    judge(bucket, resolved, 5.0)

    found = embedded(capsys.readouterr().out)
    assert (found[("ModelsAccepted",)], found[("ModelsRejected",)]) == (0, 1)
    assert ("RmseRatioToAccepted",) not in found


def test_a_classifier_s_scores_are_not_compared_with_a_regressor_s(bucket, run, capsys):
    resolved = run(hyperparameters={"predictor_type": "binary_classifier"}, positive_rating=3.0)
    convert(resolved)
    bucket.put(ACCEPTED_MODEL_KEY, ACCEPTED)
    layout = RunLayout(resolved["run_id"])
    truths = bucket.table(layout.ratings_key("test", 0), tables.read_ratings).rating
    error = np.where(truths >= 3.0, 0.9, 0.1) - truths
    capsys.readouterr()

    judge(bucket, resolved, error)

    found = embedded(capsys.readouterr().out)
    assert found[("Accuracy",)] == 1.0
    assert found[("MajorityAccuracy",)] < 1.0
    assert not [key for key in found if "Rmse" in key[0]]


def test_failed_steps_count_nothing_and_log_why(bucket, run, capsys):
    resolved = run()
    convert(resolved)
    bucket.client.delete_object(
        Bucket="data-bucket", Key=RunLayout(resolved["run_id"]).ratings_key("train", 0)
    )
    for step in (convert, lambda resolved: judge(bucket, resolved, 0.1)):
        capsys.readouterr()

        with pytest.raises(ArtifactNotFoundError) as caught:
            step(resolved)

        (line,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert (line["level"], line["error"]) == ("ERROR", "ArtifactNotFoundError")
        assert line["message"] == str(caught.value)
        assert line["run_id"] == resolved["run_id"]


def test_failed_preprocess_logs_the_run_id(run, capsys):
    with pytest.raises(RatingsNotFoundError):
        run(dataset={"uri": "raw/nothing"})

    (line,) = (
        line
        for line in map(json.loads, capsys.readouterr().out.splitlines())
        if line.get("level") == "ERROR"
    )
    assert line["error"] == "RatingsNotFoundError"
    assert line["run_id"].startswith("20261122t063156-")
