"""What only the report shows, read from planted histories and objects."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import numpy as np
import pytest
from moto import mock_aws

from console.run_details import gather_details
from recommender import tables
from recommender.run_layout import RunLayout
from recommender.timestamps import NO_TIMESTAMP

LAYOUT = RunLayout("20261122t063156-1a2b3c")
BUCKET = "bucket-1"
EXECUTION_ARN = "arn:aws:states:eu-west-1:123456789012:execution:Machine:train-1"
# Customer, video, rating; the two files of the test split meet three files of predictions.
RATED = {
    ("train", 0): [(0, 0, 5.0), (0, 1, 3.0)],
    ("train", 1): [(1, 0, 4.0)],
    ("validation", 0): [(1, 1, 1.0)],
    ("test", 0): [(0, 2, 4.0), (1, 2, 2.0), (2, 0, 5.0)],
    ("test", 1): [(2, 1, 3.0)],
}
PREDICTED = [[4.5], [2.0, 4.0], [3.0]]
RMSE = ((0.25 + 0 + 1 + 0) / 4) ** 0.5
RATINGS = {"accounting": {"rows_read": 9, "kept": 8, "rejected": {}}, "n_users": 3, "n_items": 3,
           "n_train": 3, "n_validation": 1, "n_test": 4}  # fmt: skip


DEFINITION = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Succeed"},
        "B": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "arn:of:the:function"},
        },
    },
}
BEFORE = {"n_ratings": 9, "n_videos": 3, "low": 1.0, "high": 5.0, "step": 0.0,
          "values": [[1.0, 2], [5.0, 7]], "tail": [[0, 0], [1, 5], [3, 9]]}  # fmt: skip


class StepFunctions:
    def describe_state_machine_for_execution(self, *, executionArn: str) -> Any:
        assert executionArn == EXECUTION_ARN
        return {
            "stateMachineArn": "arn:of:the:machine",
            "revisionId": "7",
            "definition": json.dumps(DEFINITION),
        }


class Lambda:
    def get_function_configuration(self, *, FunctionName: str) -> Any:
        assert FunctionName == "arn:of:the:function"
        return {"CodeSha256": "c0de=", "LastModified": "2026-11-22T06:40:00.000+0000"}


class Access:
    is_local = False

    def __init__(self, **clients: Any) -> None:
        self.clients = clients

    def client(self, service: str) -> Any:
        return self.clients[service]


@pytest.fixture
def s3(monkeypatch, tmp_path) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        path = tmp_path / "part"
        for (split, part), rows in RATED.items():
            user_index, item_index, rating = zip(*rows, strict=True)
            tables.write_ratings(
                path,
                user_index=np.array(user_index, np.int32),
                item_index=np.array(item_index, np.int32),
                rating=np.array(rating, np.float32),
                timestamp=np.full(len(rows), NO_TIMESTAMP),
            )
            client.upload_file(str(path), BUCKET, LAYOUT.ratings_key(split, part))
        for part, scores in enumerate(PREDICTED):
            lines = "".join(json.dumps({"score": score}) + "\n" for score in scores)
            client.put_object(Bucket=BUCKET, Key=LAYOUT.prediction_key(part), Body=lines)
            client.put_object(Bucket=BUCKET, Key=LAYOUT.recordio_key("test", part), Body=b"")
        accounting = {
            "examples": {"malformed": ["ratings.csv:7"]},
            "sources": {"count": 1, "objects": []},
            "before": BEFORE,
        }
        client.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=b"model")
        evaluation = {"positive_rating": None, "comparison": {"loss": RMSE}}
        for key, value in (
            (LAYOUT.accounting_key, accounting),
            (LAYOUT.evaluation_key, evaluation),
        ):
            client.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(value))
        yield client


@pytest.fixture
def record(make_record):
    found = make_record()
    found.output["ratings"] = RATINGS
    found.output["metrics"]["rmse"] = RMSE
    found.output["model"]["model_data_uri"] = f"s3://{BUCKET}/model.tar.gz"
    found.resolved["uris"] = {"model_prefix_uri": f"s3://{BUCKET}/{LAYOUT.model_prefix}"}
    found.output["evaluation_uri"] = f"s3://{BUCKET}/{LAYOUT.evaluation_key}"
    return found


def gathered(s3, record, history):
    record.events = history.events
    clients = {"s3": s3, "stepfunctions": StepFunctions(), "lambda": Lambda()}
    return gather_details(Access(**clients), record)


def test_everything_is_read(s3, record, history):
    found = gathered(s3, record, history.enter("A", seconds=1.0, kind="Succeed"))

    assert found.gaps == []
    assert found.doubts == [
        "the code of B was changed at 2026-11-22T06:40:00.000+0000, after the run began"
    ]
    assert found.functions[0].sha256 == "c0de="
    assert found.sources == {"count": 1, "objects": []}
    assert found.before.values == ((1.0, 2), (5.0, 7))
    assert (found.model.n_bytes, found.model.etag) == (5, hashlib.md5(b"model").hexdigest())  # noqa: S324
    assert [label for label, _ in found.links] == ["execution", "files of the run"]
    assert found.state_machine["definition"]["StartAt"] == "A"
    assert found.state_machine["revisionId"] == "7"
    assert [row.kind for row in found.events.rows] == ["ExecutionStarted", "SucceedStateEntered"]
    assert found.comparison == {"loss": RMSE}
    assert found.examples == {"malformed": ["ratings.csv:7"]}


def test_ratings_of_all_splits_are_counted(s3, record, history):
    kept = gathered(s3, record, history).kept

    assert (kept.n_ratings, kept.n_videos) == (8, 3)
    assert kept.values == ((1.0, 1), (2.0, 1), (3.0, 2), (4.0, 2), (5.0, 2))
    assert kept.tail == ((0, 0), (1, 3), (2, 6), (3, 8))


def test_predictions_meet_their_ratings_across_files_of_other_sizes(s3, record, history):
    quality = gathered(s3, record, history).quality

    assert quality.n == 4
    assert quality.rmse == pytest.approx(RMSE)
    # Activity is counted in the training split alone: customer 2 has nothing there.
    assert [(g.low, g.n, g.mae) for g in quality.by_customer_activity] == [
        (0, 2, 0.5),
        (1, 2, 0.25),
    ]


def test_classifier_is_held_against_its_labels(s3, record, history):
    evaluation = {"positive_rating": 4.0}
    s3.put_object(Bucket=BUCKET, Key=LAYOUT.evaluation_key, Body=json.dumps(evaluation))
    for part, scores in enumerate([[0.5], [0.0, 1.0], [0.0]]):
        lines = "".join(json.dumps({"score": score}) + "\n" for score in scores)
        s3.put_object(Bucket=BUCKET, Key=LAYOUT.prediction_key(part), Body=lines)
    del record.output["metrics"]["rmse"]

    found = gathered(s3, record, history)

    assert found.gaps == []
    assert len(found.doubts) == 1  # of the function's code
    assert found.quality.rmse == pytest.approx((0.25 / 4) ** 0.5)


def test_files_that_say_something_else_now_are_doubted(s3, record, history):
    record.output["metrics"]["rmse"] = RMSE + 0.001
    record.output["ratings"] = {**RATINGS, "accounting": {"kept": 9}}

    _, *doubts = gathered(s3, record, history).doubts

    assert doubts[0] == "the run kept 9 ratings, its files now hold 8"
    assert doubts[1].startswith(f"Evaluate measured the RMSE {RMSE + 0.001}, the files now give")


@pytest.mark.parametrize(
    ("scores", "complaint"),
    [([], "expected 4 predictions, one per test rating, found 3"), ([3.0, 3.0], "found 5")],
)
def test_other_number_of_predictions_is_a_gap(s3, record, history, scores, complaint):
    lines = "".join(json.dumps({"score": score}) + "\n" for score in scores)
    s3.put_object(Bucket=BUCKET, Key=LAYOUT.prediction_key(2), Body=lines)

    found = gathered(s3, record, history)

    assert found.quality is None
    assert complaint in found.gaps[0]
    assert found.kept is not None


def test_predictions_that_are_gone_leave_the_rest(s3, record, history):
    for part in range(3):
        s3.delete_object(Bucket=BUCKET, Key=LAYOUT.prediction_key(part))

    found = gathered(s3, record, history)

    assert found.quality is None
    assert "part-00000.pbr.out: expected predictions for each of 3 files" in found.gaps[0]
    assert found.kept.n_ratings == 8
    assert found.comparison == {"loss": RMSE}


def test_failed_run_has_no_files_to_look_for(make_record, history):
    record = make_record(status="FAILED", output={})

    found = gathered(None, record, history)

    assert found.gaps == []
    assert found.quality is None
    assert [label for label, _ in found.links] == ["execution"]


def test_failed_run_shows_the_ratings_that_it_had(s3, record, history):
    failed = replace(record, status="FAILED", output={}, prepared=RATINGS)

    found = gathered(s3, failed, history)

    assert found.gaps == []
    assert (found.before.n_ratings, found.kept.n_ratings) == (9, 8)
    assert (found.quality, found.evaluation, found.model) == (None, {}, None)
