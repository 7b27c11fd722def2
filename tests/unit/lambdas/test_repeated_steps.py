"""A step that is done again after a crash leaves what an undisturbed one leaves, byte for byte."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from lambdas.convert_recordio.handler import lambda_handler as convert_recordio
from lambdas.evaluate.handler import lambda_handler as evaluate
from lambdas.preprocess import handler as preprocess
from lambdas.runtime.store import ArtifactStore
from recommender import tables
from recommender.run_layout import SPLITS, RunLayout
from tests import planted

ROWS_PER_FILE = 500
WRITES = ("put", "upload")


class CrashError(Exception):
    """The function died."""


@contextmanager
def crashing_after(n_writes: int) -> Iterator[list[str]]:
    """Let so many writes through, then crash at the next; gives the keys that were written."""
    written: list[str] = []

    def limited(write: Callable[..., None]) -> Callable[..., None]:
        def wrapped(store: ArtifactStore, *args: Any, **more: Any) -> None:
            if len(written) == n_writes:
                raise CrashError
            write(store, *args, **more)
            written.append(str(args))

        return wrapped

    with pytest.MonkeyPatch.context() as patch:
        for name in WRITES:
            patch.setattr(ArtifactStore, name, limited(getattr(ArtifactStore, name)))
        yield written


def below(bucket, prefix: str) -> dict[str, bytes]:
    return {key: bucket.get(key) for key in bucket.keys(prefix)}


def clear(bucket, prefix: str) -> None:
    for key in bucket.keys(prefix):
        bucket.client.delete_object(Bucket="data-bucket", Key=key)


def assert_any_crash_is_made_good(bucket, prefix: str, step: Callable[[], Any]) -> None:
    """Crash before each of the step's writes, and do it again."""
    with crashing_after(-1) as written:
        answer = step()
    undisturbed = below(bucket, prefix)
    assert len(undisturbed) == len(written) > 0
    for n_writes in range(len(written)):
        clear(bucket, prefix)
        with crashing_after(n_writes), pytest.raises(CrashError):
            step()
        assert len(below(bucket, prefix)) == n_writes

        assert step() == answer
        assert below(bucket, prefix) == undisturbed


@pytest.fixture
def run(bucket, resolve):
    bucket.put("raw/ratings", planted.movielens_inter(planted.plant(step=1.0).frame))
    return resolve()


@pytest.fixture
def preprocessed(run) -> dict[str, Any]:
    return {**run, "ratings": prepare(run)}


def prepare(run) -> dict[str, Any]:
    event = {name: run[name] for name in ("run_id", "dataset", "filter", "split")}
    return preprocess.lambda_handler(event, None)


def convert(run, *, rows_per_file: int = ROWS_PER_FILE, instance_count: int = 2) -> dict[str, Any]:
    event = {
        "run_id": run["run_id"],
        **{name: count for name, count in run["ratings"].items() if name.startswith("n_")},
        "instance_count": instance_count,
        "max_rows_per_file": rows_per_file,
        "max_payload_mb": 6,
        "positive_rating": None,
    }
    return convert_recordio(event, None)


def test_preprocess_is_made_good(bucket, run, monkeypatch):
    monkeypatch.setattr(preprocess, "MAX_ROWS_PER_PART", 2000)
    prefix = RunLayout(run["run_id"]).prefix

    assert_any_crash_is_made_good(bucket, prefix, lambda: prepare(run))
    assert RunLayout(run["run_id"]).ratings_key("train", 1) in bucket.keys(prefix)


def test_convert_recordio_is_made_good(bucket, preprocessed):
    prefix = f"{RunLayout(preprocessed['run_id']).prefix}recordio/"

    assert_any_crash_is_made_good(bucket, prefix, lambda: convert(preprocessed))


def test_evaluate_is_made_good(bucket, preprocessed):
    layout = RunLayout(preprocessed["run_id"])
    convert(preprocessed)
    truths = bucket.table(layout.ratings_key("test", 0), tables.read_ratings).rating
    for part, scores in enumerate(np.split(truths, range(ROWS_PER_FILE, 1200, ROWS_PER_FILE))):
        lines = [json.dumps({"score": float(score)}) + "\n" for score in scores]
        bucket.put(layout.prediction_key(part), "".join(lines).encode())
    event = {
        "run_id": preprocessed["run_id"],
        "predictor_type": "regressor",
        "quality_gate": preprocessed["quality_gate"],
        "training_job_name": "some-job",
        "model_data_uri": "s3://data-bucket/model.tar.gz",
        "ratings": preprocessed["ratings"],
        "positive_rating": None,
    }

    assert_any_crash_is_made_good(bucket, f"{layout.prefix}metrics/", lambda: evaluate(event, None))


def test_preprocess_leaves_no_part_of_an_earlier_attempt(bucket, run, monkeypatch):
    layout = RunLayout(run["run_id"])
    prepare(run)
    undisturbed = below(bucket, layout.prefix)
    clear(bucket, layout.prefix)
    with monkeypatch.context() as patch:
        patch.setattr(preprocess, "MAX_ROWS_PER_PART", 500)
        prepare(run)
    assert len(bucket.keys(layout.prefix)) > len(undisturbed)

    prepare(run)

    assert below(bucket, layout.prefix) == undisturbed


def test_convert_recordio_leaves_no_file_of_an_earlier_attempt(bucket, preprocessed):
    """SageMaker would train on all that is below the prefix."""
    layout = RunLayout(preprocessed["run_id"])
    prefix = f"{layout.prefix}recordio/"
    answer = convert(preprocessed)
    undisturbed = below(bucket, prefix)
    clear(bucket, prefix)
    convert(preprocessed, rows_per_file=100, instance_count=7)
    for split in SPLITS:
        bucket.put(f"{layout.recordio_prefix(split)}part-99999.pbr", b"of another life")

    assert convert(preprocessed) == answer

    assert below(bucket, prefix) == undisturbed
    assert len(bucket.keys(layout.recordio_prefix("train"))) == answer["train_parts"]
    assert len(bucket.keys(layout.recordio_prefix("test"))) == answer["test_parts"]


def test_what_is_beside_a_prefix_stays(bucket):
    for key in ("a/1", "a/2", "a-b/3"):
        bucket.put(key, b"")

    ArtifactStore(bucket.client, "data-bucket").keep_only("a/", {"a/1"})

    assert bucket.keys() == ["a-b/3", "a/1"]
