import numpy as np
import pandas as pd

from recommender.cleansing import CleansingRules
from recommender.preparation import prepare
from recommender.ratings import RatingsTable
from recommender.splitting import SplitFractions
from tests import planted


def prepared(frame: pd.DataFrame, seed: int = 1):
    frame = frame.astype({"rating": "float32", "timestamp": "Int64"})
    return prepare(
        RatingsTable(frame, len(frame), {}),
        CleansingRules(5, 10, until_stable=False),
        SplitFractions(0.6, 0.2, 0.2),
        strategy="random",
        rng=np.random.default_rng(seed),
    )


def test_ratings_come_back_from_the_splits():
    frame = planted.plant().frame
    found = prepared(frame)

    together = pd.concat(found.splits.values())
    customers = found.index.customers["customer_id"].to_numpy()[together["user_index"]]
    videos = found.index.videos["video_id"].to_numpy()[together["item_index"]]
    back = set(zip(customers, videos, together["rating"], strict=True))
    expected = set(
        zip(frame["customer_id"], frame["video_id"], frame["rating"].astype("float32"), strict=True)
    )
    assert back == expected
    assert found.kept == found.rows_read == len(frame)


def test_the_index_knows_only_what_was_kept():
    frame = planted.plant().frame
    rare = frame.iloc[:1].assign(customer_id="once", video_id="rare")

    found = prepared(pd.concat([frame, rare], ignore_index=True))

    assert "once" not in set(found.index.customers["customer_id"])
    assert found.rejected["below_customer_threshold"] == 1
    assert found.rows_read == found.kept + sum(found.rejected.values())


def test_the_same_seed_gives_the_same_splits():
    frame = planted.plant().frame
    first, second = prepared(frame), prepared(frame)

    for split, ratings in first.splits.items():
        pd.testing.assert_frame_equal(ratings, second.splits[split])
