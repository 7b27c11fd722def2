import tempfile
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from lambdas.convert_recordio.handler import lambda_handler as convert_recordio
from recommender import recordio, tables
from recommender.errors import ArtifactNotFoundError, CorruptArtifactError
from recommender.run_layout import SPLITS, RunLayout

LAYOUT = RunLayout("run-1")
N_USERS, N_ITEMS = 200, 100
N_RATINGS = {"train": 3600, "validation": 1200, "test": 1200}


@pytest.fixture
def run(bucket):
    """What Preprocess leaves, in one part for each split."""
    for split, n_ratings in N_RATINGS.items():
        put_ratings(bucket, split, 0, random_ratings(n_ratings, N_USERS, N_ITEMS))
    return counts(n_users=N_USERS, n_items=N_ITEMS, **N_RATINGS)


def counts(*, n_users, n_items, train=1, validation=1, test=1):
    return {
        "n_users": n_users,
        "n_items": n_items,
        "n_train": train,
        "n_validation": validation,
        "n_test": test,
    }


def random_ratings(n_ratings, n_users, n_items):
    rng = np.random.default_rng(n_ratings)
    return tables.RatingsColumns(
        rng.integers(0, n_users, n_ratings, dtype=np.int32),
        rng.integers(0, n_items, n_ratings, dtype=np.int32),
        rng.integers(1, 11, n_ratings).astype(np.float32) / 2,
        np.zeros(n_ratings, dtype=np.int64),
    )


def put_ratings(bucket, split, part, ratings):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part"
        tables.write_ratings(
            path,
            user_index=ratings.user_index,
            item_index=ratings.item_index,
            rating=ratings.rating,
            timestamp=ratings.timestamp,
        )
        bucket.put(LAYOUT.ratings_key(split, part), path.read_bytes())


def read_ratings(bucket, split):
    return bucket.table(LAYOUT.ratings_key(split, 0), tables.read_ratings)


def convert(run, **changes):
    event = {
        "run_id": LAYOUT.run_id,
        **run,
        "instance_count": 1,
        "max_rows_per_file": 500,
        "max_payload_mb": 6,
        "positive_rating": None,
    }
    return convert_recordio(event | changes, None)


def read_split(bucket, split):
    keys = bucket.keys(LAYOUT.recordio_prefix(split))
    assert keys == [LAYOUT.recordio_key(split, part) for part in range(len(keys))]
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
        parts = read_split(bucket, split)
        ratings = read_ratings(bucket, split)
        columns = np.concatenate([features.indices for features, _ in parts]).reshape(-1, 2)
        labels = np.concatenate([labels for _, labels in parts])
        assert columns[:, 0].tolist() == ratings.user_index.tolist()
        assert (columns[:, 1] - 200).tolist() == ratings.item_index.tolist()
        assert labels.tolist() == ratings.rating.tolist()
        assert all(features.shape[1] == 300 for features, _ in parts)


def test_the_test_split_is_cut_into_files_of_at_most_so_many_rows(bucket, run):
    assert convert(run, max_rows_per_file=500)["test_parts"] == 3

    sizes = [features.shape[0] for features, _ in read_split(bucket, "test")]
    assert sizes == [500, 500, 200]


def test_a_classifier_learns_whether_a_rating_is_good_enough(bucket, run):
    convert(run, positive_rating=3.5)

    ratings = read_ratings(bucket, "train")
    ((_, labels),) = read_split(bucket, "train")
    assert labels.tolist() == (ratings.rating >= 3.5).astype(float).tolist()
    assert 0 < labels.mean() < 1


def test_files_of_the_test_split_stay_below_the_payload(bucket):
    """Rows that are allowed may be more than the bytes that are."""
    n_rows, n_users, n_items = 40_000, 3, 2_000_000
    for split, n_ratings in {"train": 1, "validation": 1, "test": n_rows}.items():
        put_ratings(bucket, split, 0, random_ratings(n_ratings, n_users, n_items))
    run = counts(n_users=n_users, n_items=n_items, test=n_rows)

    answer = convert(run, max_rows_per_file=1_000_000, max_payload_mb=1)

    keys = bucket.keys(LAYOUT.recordio_prefix("test"))
    n_bytes = [len(bucket.get(key)) for key in keys]
    assert answer["test_parts"] == len(keys) > 2
    assert max(n_bytes) <= 1_000_000
    # Only the last file has room left, but for the difference between small and large records.
    assert min(n_bytes[:-1]) > 900_000
    assert sum(features.shape[0] for features, _ in read_split(bucket, "test")) == n_rows


def test_instances_get_as_many_training_files_each(bucket, run):
    answer = convert(run, instance_count=7)

    assert (answer["train_parts"], answer["validation_parts"], answer["test_parts"]) == (7, 7, 3)
    sizes = [features.shape[0] for features, _ in read_split(bucket, "train")]
    assert sizes == [515, 515, 514, 514, 514, 514, 514]
    labels = np.concatenate([labels for _, labels in read_split(bucket, "train")])
    assert labels.tolist() == read_ratings(bucket, "train").rating.tolist()


def test_parts_of_the_ratings_are_read_as_one_sequence(bucket, run):
    convert(run)
    keys = [key for split in SPLITS for key in bucket.keys(LAYOUT.recordio_prefix(split))]
    before = {key: bucket.get(key) for key in keys}
    for split in SPLITS:
        whole = read_ratings(bucket, split)
        for part, rows in enumerate((slice(0, 700), slice(700, 701), slice(701, None))):
            put_ratings(bucket, split, part, whole[rows])

    convert(run)

    assert {key: bucket.get(key) for key in keys} == before


def test_a_lost_part_of_the_ratings_is_noticed(bucket, run):
    put_ratings(bucket, "train", 0, read_ratings(bucket, "train")[:-1])

    message = r"s3://data-bucket/runs/.*/ratings/train/: expected 3600 ratings.* found 3599"
    with pytest.raises(CorruptArtifactError, match=message):
        convert(run)


def test_damaged_ratings_are_named(bucket, run):
    key = LAYOUT.ratings_key("train", 0)
    bucket.put(key, bucket.get(key)[:-100])

    with pytest.raises(CorruptArtifactError, match=f"^s3://data-bucket/{key}: expected a Parquet"):
        convert(run)


def test_a_run_without_ratings_is_refused(bucket):
    with pytest.raises(ArtifactNotFoundError, match=r"ratings/train/: expected ratings"):
        convert(counts(n_users=2, n_items=2))


def test_sizes_must_be_sizes(bucket, run):
    with pytest.raises(ValidationError, match="n_users"):
        convert(run, n_users=0)
