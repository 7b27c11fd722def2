import json

import numpy as np
import pytest
from pydantic import ValidationError

from lambdas.convert_recordio.handler import lambda_handler as convert_recordio
from lambdas.evaluate.handler import lambda_handler as evaluate_handler
from lambdas.preprocess.handler import lambda_handler as preprocess
from recommender import tables
from recommender.errors import ArtifactNotFoundError, CorruptArtifactError, PredictionsError
from recommender.kept_ratings import KeptRatings
from recommender.run_layout import ACCEPTED_MODEL_KEY, RunLayout
from tests import planted

ROWS_PER_FILE = 500
CLASSIFIER = {"hyperparameters": {"predictor_type": "binary_classifier"}}


@pytest.fixture
def prepare(bucket, resolve):
    """Do everything that comes before training."""

    def prepared(**execution_input):
        bucket.put("raw/ratings", planted.movielens_inter(planted.plant().frame))
        run = resolve(**execution_input)
        run["ratings"] = preprocess(
            {k: run[k] for k in ("run_id", "dataset", "filter", "split")}, None
        )
        event = {
            "run_id": run["run_id"],
            **{name: count for name, count in run["ratings"].items() if name.startswith("n_")},
            "instance_count": 1,
            "max_rows_per_file": ROWS_PER_FILE,
            "max_payload_mb": 6,
            "positive_rating": run["positive_rating"],
        }
        convert_recordio(event, None)
        key = RunLayout(run["run_id"]).ratings_key("test", 0)
        return run, bucket.table(key, tables.read_ratings).rating.astype(np.float64)

    return prepared


def put_predictions(bucket, run, scores, *, parts=None):
    layout = RunLayout(run["run_id"])
    for part, start in enumerate(range(0, len(scores), ROWS_PER_FILE)):
        if parts is None or part in parts:
            rows = scores[start : start + ROWS_PER_FILE]
            content = "".join(json.dumps({"score": float(row)}) + "\n" for row in rows)
            bucket.put(layout.prediction_key(part), content.encode())


def evaluate(run, **changes):
    event = {
        "run_id": run["run_id"],
        "predictor_type": run["predictor_type"],
        "quality_gate": run["quality_gate"],
        "training_job_name": "some-job",
        "model_data_uri": "s3://data-bucket/model.tar.gz",
        "ratings": run["ratings"],
        "positive_rating": run["positive_rating"],
    }
    return evaluate_handler(event | changes, None)


def test_a_good_model_is_accepted_with_its_numbers(bucket, prepare):
    run, truths = prepare()
    put_predictions(bucket, run, truths + np.where(np.arange(len(truths)) % 2, 0.1, -0.3))

    answer = evaluate(run)

    assert (answer["outcome"], answer["reasons"]) == ("accepted", [])
    metrics = answer["metrics"]
    assert metrics["mse"] == pytest.approx(0.05, rel=1e-3)
    assert metrics["rmse"] == pytest.approx(0.05**0.5, rel=1e-3)
    assert metrics["mae"] == pytest.approx(0.2, rel=1e-3)
    assert metrics["n_test"] == len(truths) == 1200
    assert metrics["rmse"] < metrics["bias_baseline_rmse"] < metrics["global_mean_rmse"]


def test_the_evaluation_is_kept_beside_the_answer(bucket, prepare):
    run, truths = prepare()
    put_predictions(bucket, run, truths)

    answer = evaluate(run, hyperparameters={"epochs": "3"})

    key = RunLayout(run["run_id"]).evaluation_key
    assert answer["evaluation_uri"] == f"s3://data-bucket/{key}"
    kept = bucket.json(key)
    assert kept["metrics"] == answer["metrics"]
    assert kept["outcome"] == "accepted"
    assert kept["run_id"] == run["run_id"]
    assert kept["ratings"] == run["ratings"]
    assert kept["hyperparameters"] == {"epochs": "3"}
    assert kept["training_job_name"] == "some-job"
    assert len(json.dumps(answer)) < 2000


def test_a_model_that_knows_only_the_mean_is_rejected(bucket, prepare):
    run, truths = prepare()
    put_predictions(bucket, run, np.full(len(truths), truths.mean()))

    answer = evaluate(run)

    assert answer["outcome"] == "rejected"
    assert any("bias_baseline_rmse" in reason for reason in answer["reasons"])


def test_a_limit_of_one_s_own_is_held(bucket, prepare):
    run, truths = prepare(quality_gate={"max_rmse": 0.1, "must_beat_baselines": False})
    put_predictions(bucket, run, truths + 0.2)

    assert evaluate(run)["reasons"] == ["rmse 0.2000 is above max_rmse 0.1"]


def test_predictions_in_another_order_do_not_pass(bucket, prepare):
    run, truths = prepare()
    put_predictions(bucket, run, truths[::-1])

    assert evaluate(run)["outcome"] == "rejected"


def test_a_classifier_is_judged_as_one(bucket, prepare):
    run, truths = prepare(**CLASSIFIER, positive_rating=3.0)
    put_predictions(bucket, run, np.where(truths >= 3.0, 0.9, 0.2))

    answer = evaluate(run)

    assert answer["outcome"] == "accepted"
    assert answer["metrics"]["accuracy"] == 1.0
    assert answer["metrics"]["majority_accuracy"] < 0.7
    share = np.mean(truths >= 3.0)
    expected = -(share * np.log(0.9) + (1 - share) * np.log(0.8))
    assert answer["metrics"]["log_loss"] == pytest.approx(expected)
    assert "rmse" not in answer["metrics"]


def test_scores_that_are_no_probabilities_are_refused(bucket, prepare):
    run, truths = prepare(**CLASSIFIER)
    put_predictions(bucket, run, truths)

    with pytest.raises(PredictionsError, match="probabilities between 0 and 1"):
        evaluate(run)


@pytest.mark.parametrize("kept", [{0, 1}, {1, 2}, {0, 2}, set()])
def test_a_part_without_predictions_is_named(bucket, prepare, kept):
    run, truths = prepare()
    put_predictions(bucket, run, truths, parts=kept)

    missing = {0, 1, 2} - kept
    message = rf"part-0000{min(missing)}\.pbr\.out: .* 3 files, .* {len(missing)} missing in all"
    with pytest.raises(ArtifactNotFoundError, match=message):
        evaluate(run)
    assert RunLayout(run["run_id"]).evaluation_key not in bucket.keys("runs/")


def test_a_missing_prediction_is_noticed(bucket, prepare):
    run, truths = prepare()
    put_predictions(bucket, run, truths[:-1])

    with pytest.raises(PredictionsError, match=r"expected 1200 predictions.*found 1199 in 3 parts"):
        evaluate(run)


def test_predictions_without_the_files_they_were_made_for_are_refused(bucket, prepare):
    run, truths = prepare()
    put_predictions(bucket, run, truths)
    for key in bucket.keys(RunLayout(run["run_id"]).recordio_prefix("test")):
        bucket.client.delete_object(Bucket="data-bucket", Key=key)

    with pytest.raises(ArtifactNotFoundError, match=r"recordio/test/: .* found nothing; run Conv"):
        evaluate(run)


@pytest.mark.parametrize(("split", "n_ratings"), [("train", 3600), ("test", 1200)])
@pytest.mark.parametrize("execution_input", [{}, CLASSIFIER], ids=["regressor", "classifier"])
def test_lost_ratings_are_noticed(bucket, prepare, split, n_ratings, execution_input):
    run, truths = prepare(**execution_input)
    put_predictions(bucket, run, np.full(len(truths), 0.5))
    counted = run["ratings"] | {f"n_{split}": n_ratings + 1}

    message = rf"/ratings/{split}/: expected {n_ratings + 1} .* found {n_ratings}; run it again"
    with pytest.raises(CorruptArtifactError, match=message):
        evaluate(run, ratings=counted)


def test_what_does_not_fit_the_memory_is_evaluated_alike(bucket, prepare, monkeypatch):
    run, truths = prepare()
    put_predictions(bucket, run, truths + 0.1)
    expected = evaluate(run)
    made = []

    class Watched(KeptRatings):
        def __init__(self, *args, **more):
            made.append(more)
            super().__init__(*args, **more | {"memory_bytes": 0})

    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
    monkeypatch.setattr("lambdas.evaluate.handler.KeptRatings", Watched)

    assert evaluate(run) == expected
    assert made == [{"n_ratings": 3600, "memory_bytes": 256 * 2**20}]


@pytest.mark.parametrize(
    "changes", [{"positive_rating": 4.0}, {"predictor_type": "binary_classifier"}]
)
def test_a_threshold_belongs_to_a_classifier(bucket, prepare, changes):
    run, _ = prepare()

    with pytest.raises(ValidationError, match="expected positive_rating for a binary_classifier"):
        evaluate(run, **changes)


def put_accepted(bucket, **metrics):
    bucket.put(ACCEPTED_MODEL_KEY, json.dumps({"run_id": "earlier", "metrics": metrics}).encode())


def test_a_model_that_is_worse_than_the_one_in_use_is_rejected_with_numbers(bucket, prepare):
    run, truths = prepare()
    put_predictions(bucket, run, truths + 0.25)
    put_accepted(bucket, rmse=0.2, mae=0.1, n_test=1200)

    answer = evaluate(run)

    assert answer["outcome"] == "rejected"
    assert answer["reasons"] == [
        "rmse 0.2500 is above max_loss_ratio_to_accepted 1.02 times the 0.2000 of the model in "
        "use, of run earlier"
    ]
    kept = bucket.json(RunLayout(run["run_id"]).evaluation_key)
    assert (
        kept["comparison"]
        == answer["comparison"]
        == {
            "loss_name": "rmse",
            "loss": answer["metrics"]["rmse"],
            "accepted_run_id": "earlier",
            "accepted_loss": 0.2,
            "ratio": pytest.approx(1.25),
            "limit": 1.02,
            "not_compared_because": None,
        }
    )


@pytest.mark.parametrize("max_ratio", [1.3, None])
def test_a_wider_margin_accepts_it(bucket, prepare, max_ratio):
    run, truths = prepare(quality_gate={"max_loss_ratio_to_accepted": max_ratio})
    put_predictions(bucket, run, truths + 0.25)
    put_accepted(bucket, rmse=0.2)

    assert evaluate(run)["outcome"] == "accepted"


def test_the_first_model_and_the_first_of_a_type_are_not_compared(bucket, prepare):
    run, truths = prepare()
    put_predictions(bucket, run, truths + 0.25)

    assert evaluate(run)["comparison"]["not_compared_because"] == "there is no model in use"

    put_accepted(bucket, log_loss=0.1)
    answer = evaluate(run)
    assert answer["outcome"] == "accepted"
    assert "other predictor type" in answer["comparison"]["not_compared_because"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b'{"run_id": "a", "metrics": {}}',
        b'{"run_id": "a", "metrics": {"rmse": "0.9"}}',
        b'{"run_id": "a", "metrics": {"rmse": NaN}}',
        b'{"run_id": "a", "metrics": {"rmse": -1}}',
        b'{"run_id": "a", "metrics": {"rmse": 1, "log_loss": 1}}',
        b'{"run_id": "", "metrics": {"rmse": 1}}',
    ],
)
def test_a_record_that_cannot_be_compared_with_is_an_error_with_a_name(bucket, prepare, content):
    run, truths = prepare()
    put_predictions(bucket, run, truths)
    bucket.put(ACCEPTED_MODEL_KEY, content)

    with pytest.raises(CorruptArtifactError, match=r"s3://.*/models/accepted\.json: .*delete it"):
        evaluate(run)
    assert RunLayout(run["run_id"]).evaluation_key not in bucket.keys("runs/")
    assert bucket.get(ACCEPTED_MODEL_KEY) == content


def test_evaluating_again_writes_the_same_bytes(bucket, prepare):
    run, truths = prepare()
    put_predictions(bucket, run, truths + 0.1)
    put_accepted(bucket, rmse=0.2)
    key = RunLayout(run["run_id"]).evaluation_key
    answer = evaluate(run)
    content = bucket.get(key)

    assert evaluate(run) == answer
    assert bucket.get(key) == content
