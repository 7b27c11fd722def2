import shutil
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from lambdas.preprocess import handler
from lambdas.preprocess.events import PreprocessResponse
from lambdas.preprocess.handler import lambda_handler
from lambdas.preprocess.workspace import function_workspace
from recommender import tables
from recommender.errors import (
    EmptyRatingsError,
    MalformedRatingsError,
    RatingsNotFoundError,
    RatingsTooLargeError,
)
from recommender.ratings import Workspace
from recommender.run_layout import SPLITS, RunLayout
from tests import planted

FRAME = planted.plant(step=1.0).frame


def preprocess(run):
    return lambda_handler({k: run[k] for k in ("run_id", "dataset", "filter", "split")}, None)


def test_raw_ratings_become_splits_and_index_tables(bucket, resolve):
    again = FRAME.iloc[:10].assign(timestamp=FRAME["timestamp"].max() + 86_400, rating=1.0)
    rare = FRAME.iloc[:1].assign(customer_id="once")
    frame = pd.concat([FRAME, again, rare])
    content = planted.amazon_tsv(frame, extra_lines=("torn line", ""), gz=True)
    bucket.put("raw/ratings/reviews.tsv.gz", content)
    run = resolve()

    answer = preprocess(run)

    assert answer["accounting"] == {
        "rows_read": 6012,
        "kept": 6000,
        "rejected": {
            "malformed": 1,
            "missing_value": 0,
            "rating_out_of_range": 0,
            "duplicate": 10,
            "below_customer_threshold": 1,
            "below_video_threshold": 0,
        },
    }
    assert (answer["n_users"], answer["n_items"]) == (200, 100)
    assert (answer["n_train"], answer["n_validation"], answer["n_test"]) == (3600, 1200, 1200)
    PreprocessResponse.model_validate(answer)

    layout = RunLayout(run["run_id"])
    accounting = bucket.json(layout.accounting_key)
    name = "s3://data-bucket/raw/ratings/reviews.tsv.gz"
    assert accounting.pop("examples") == {
        "malformed": [f"{name}:6013"],
        "missing_value": [],
        "rating_out_of_range": [],
        "duplicate": [f"{name}:{line}" for line in range(2, 12)],
        "below_customer_threshold": [f"{name}:6012"],
        "below_video_threshold": [],
    }
    sources = accounting.pop("sources")
    assert (sources["count"], sources["n_bytes"]) == (1, len(content))
    assert sources["objects"][0]["uri"] == name
    counts = frame["rating"].value_counts().sort_index()
    before = accounting.pop("before")
    assert before["values"] == [[value, count] for value, count in counts.items()]
    assert (before["n_ratings"], before["n_videos"]) == (6011, 100)
    per_video = frame["video_id"].value_counts().to_numpy()
    assert before["tail"] == [[n, int(per_video[:n].sum())] for n in range(0, 101, 5)]
    assert accounting == answer["accounting"]
    customers = bucket.table(layout.customers_key, tables.read_customers)
    video_ids, titles = bucket.table(layout.videos_key, tables.read_videos)
    splits = [bucket.table(layout.ratings_key(split, 0), tables.read_ratings) for split in SPLITS]
    user_index = np.concatenate([ratings.user_index for ratings in splits])
    item_index = np.concatenate([ratings.item_index for ratings in splits])
    found = pd.DataFrame(
        {
            "customer_id": np.array(customers)[user_index],
            "video_id": np.array(video_ids)[item_index],
            "rating": np.concatenate([ratings.rating for ratings in splits]),
        }
    )
    expected = pd.concat([FRAME, again]).drop_duplicates(["customer_id", "video_id"], keep="last")
    order = ["customer_id", "video_id"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True),
        expected[[*order, "rating"]].sort_values(order, ignore_index=True),
        check_dtype=False,
    )
    assert dict(zip(video_ids, titles, strict=True)) == dict(
        zip(FRAME["video_id"], FRAME["title"], strict=True)
    )


def test_the_function_s_memory_changes_no_byte(bucket, resolve, monkeypatch):
    bucket.put("raw/ratings", planted.u_data(FRAME))
    run = resolve()
    contents = []
    for workspace in (Workspace(), Workspace(rows_bytes=20_000, working_bytes=80_000)):
        monkeypatch.setattr(handler, "function_workspace", Mock(return_value=workspace))
        preprocess(run)
        prefix = RunLayout(run["run_id"]).prefix
        contents.append({key: bucket.get(key) for key in bucket.keys(prefix)})

    assert contents[0] == contents[1]


def test_ratings_that_do_not_fit_the_function_are_refused(bucket, resolve, monkeypatch):
    bucket.put("raw/ratings", planted.u_data(FRAME))
    cramped = Workspace(rows_bytes=1, disk_bytes=1000)
    monkeypatch.setattr(handler, "function_workspace", Mock(return_value=cramped))

    with pytest.raises(RatingsTooLargeError, match="MiB of local disk"):
        preprocess(resolve())


def test_a_function_works_within_its_memory_and_disk(tmp_path):
    small = function_workspace(tmp_path, {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"})
    large = function_workspace(tmp_path, {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "10240"})

    assert small.ids_bytes + small.rows_bytes + small.working_bytes <= 512 * 2**20
    assert large.working_bytes > 9 * small.working_bytes
    assert small.folder == tmp_path
    assert 0 < small.disk_bytes < shutil.disk_usage(tmp_path).total
    assert function_workspace(tmp_path, {}).working_bytes == Workspace().working_bytes


def test_titles_in_the_same_folder_are_joined(bucket, resolve):
    bucket.put("raw/ratings/ml.inter", planted.movielens_inter(FRAME))
    bucket.put("raw/ratings/ml.item", planted.item_table(FRAME))
    run = resolve()

    preprocess(run)

    _, titles = bucket.table(RunLayout(run["run_id"]).videos_key, tables.read_videos)
    assert all(titles)


def test_the_same_run_writes_the_same_bytes(bucket, resolve):
    bucket.put("raw/ratings", planted.u_data(FRAME))
    run = resolve()
    preprocess(run)
    prefix = RunLayout(run["run_id"]).prefix
    first = {key: bucket.get(key) for key in bucket.keys(prefix)}

    preprocess(run)

    assert len(first) == 6
    assert {key: bucket.get(key) for key in bucket.keys(prefix)} == first


def test_seed_and_strategy_reach_the_split(bucket, resolve):
    bucket.put("raw/ratings", planted.u_data(FRAME))
    contents = set()
    for split in ({}, {"seed": 1}, {"strategy": "latest"}):
        run = resolve(split=split)
        preprocess(run)
        contents.add(bucket.get(RunLayout(run["run_id"]).ratings_key("test", 0)))

    assert len(contents) == 3


def test_format_columns_and_range_reach_the_reader(bucket, resolve):
    content = planted.ratings_csv(FRAME.assign(rating=FRAME["rating"] * 2))
    bucket.put("raw/other.csv", content.replace(b"userId", b"who"))
    run = resolve(
        dataset={
            "uri": "raw/other.csv",
            "format": "movielens-csv",
            "columns": {"customer_id": "who"},
            "rating_range": [1, 10],
        }
    )

    assert preprocess(run)["accounting"]["kept"] == 6000


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, RatingsNotFoundError),
        (b"", EmptyRatingsError),
        (b"userId,movieId,rating\n1,2,good\n", MalformedRatingsError),
        (b"1\t2\t3\t4\n", EmptyRatingsError),
    ],
    ids=["missing", "empty", "no numbers", "filtered away"],
)
def test_ratings_that_cannot_be_used_leave_nothing_behind(bucket, resolve, content, error):
    if content is not None:
        bucket.put("raw/ratings", content)

    with pytest.raises(error):
        preprocess(resolve())
    assert bucket.keys("runs/") == []
