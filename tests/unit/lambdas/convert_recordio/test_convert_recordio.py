import numpy as np
import pytest
from pydantic import ValidationError

from lambdas.convert_recordio.handler import lambda_handler as convert_recordio
from lambdas.preprocess.handler import lambda_handler as preprocess
from recommender import recordio, tables
from recommender.errors import ArtifactNotFoundError
from recommender.run_layout import SPLITS, RunLayout
from tests import planted


@pytest.fixture
def run(bucket, resolve):
    bucket.put("raw/ratings", planted.u_data(planted.plant(step=0.5).frame))
    resolved = resolve()
    resolved["ratings"] = preprocess(
        {k: resolved[k] for k in ("run_id", "dataset", "filter", "split")}, None
    )
    return resolved


def convert(run, **changes):
    event = {
        "run_id": run["run_id"],
        "n_users": run["ratings"]["n_users"],
        "n_items": run["ratings"]["n_items"],
        "max_rows_per_file": 500,
        "positive_rating": None,
    }
    return convert_recordio(event | changes, None)


def read_split(bucket, run, split):
    layout = RunLayout(run["run_id"])
    keys = bucket.keys(layout.recordio_prefix(split))
    assert keys == [layout.recordio_key(split, part) for part in range(len(keys))]
    return [recordio.decode(bucket.get(key)) for key in keys]


def test_every_split_becomes_records_in_its_order(bucket, run):
    answer = convert(run)

    assert answer == {
        "feature_dim": 300,
        "hyperparameters": {"feature_dim": "300"},
        "train_parts": 1,
        "validation_parts": 1,
        "test_parts": 3,
    }
    for split in SPLITS:
        parts = read_split(bucket, run, split)
        ratings = tables.parse_ratings(bucket.get(RunLayout(run["run_id"]).ratings_key(split)))
        columns = np.concatenate([features.indices for features, _ in parts]).reshape(-1, 2)
        labels = np.concatenate([labels for _, labels in parts])
        assert columns[:, 0].tolist() == ratings["user_index"].tolist()
        assert (columns[:, 1] - 200).tolist() == ratings["item_index"].tolist()
        assert labels.tolist() == ratings["rating"].tolist()
        assert all(features.shape[1] == 300 for features, _ in parts)


def test_the_test_split_is_cut_into_files_of_at_most_so_many_rows(bucket, run):
    assert convert(run, max_rows_per_file=500)["test_parts"] == 3

    sizes = [features.shape[0] for features, _ in read_split(bucket, run, "test")]
    assert sizes == [500, 500, 200]


def test_a_classifier_learns_whether_a_rating_is_good_enough(bucket, run):
    convert(run, positive_rating=3.5)

    ratings = tables.parse_ratings(bucket.get(RunLayout(run["run_id"]).ratings_key("train")))
    ((_, labels),) = read_split(bucket, run, "train")
    assert labels.tolist() == (ratings["rating"] >= 3.5).astype(float).tolist()
    assert 0 < labels.mean() < 1


def test_a_run_without_ratings_is_refused(bucket, resolve):
    run = resolve() | {"ratings": {"n_users": 2, "n_items": 2}}

    with pytest.raises(ArtifactNotFoundError, match=r"ratings/train\.csv\.gz"):
        convert(run)


def test_sizes_must_be_sizes(bucket, run):
    with pytest.raises(ValidationError, match="n_users"):
        convert(run, n_users=0)
