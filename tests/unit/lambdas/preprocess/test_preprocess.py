import pandas as pd
import pytest

from lambdas.preprocess.events import PreprocessResponse
from lambdas.preprocess.handler import lambda_handler
from recommender import tables
from recommender.errors import EmptyRatingsError, MalformedRatingsError, RatingsNotFoundError
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
    assert bucket.json(layout.accounting_key) == answer["accounting"]
    customers = tables.parse_customers(bucket.get(layout.customers_key))
    videos = tables.parse_videos(bucket.get(layout.videos_key))
    splits = pd.concat(
        [tables.parse_ratings(bucket.get(layout.ratings_key(split))) for split in SPLITS]
    )
    found = pd.DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy()[splits["user_index"]],
            "video_id": videos["video_id"].to_numpy()[splits["item_index"]],
            "rating": splits["rating"].to_numpy(),
        }
    )
    expected = pd.concat([FRAME, again]).drop_duplicates(["customer_id", "video_id"], keep="last")
    order = ["customer_id", "video_id"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True),
        expected[[*order, "rating"]].sort_values(order, ignore_index=True),
        check_dtype=False,
    )
    assert dict(zip(videos["video_id"], videos["title"], strict=True)) == dict(
        zip(FRAME["video_id"], FRAME["title"], strict=True)
    )


def test_titles_in_the_same_folder_are_joined(bucket, resolve):
    bucket.put("raw/ratings/ml.inter", planted.movielens_inter(FRAME))
    bucket.put("raw/ratings/ml.item", planted.item_table(FRAME))
    run = resolve()

    preprocess(run)

    videos = tables.parse_videos(bucket.get(RunLayout(run["run_id"]).videos_key))
    assert videos["title"].notna().all()


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
        contents.add(bucket.get(RunLayout(run["run_id"]).ratings_key("test")))

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
