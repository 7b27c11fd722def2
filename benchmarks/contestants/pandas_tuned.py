"""pandas at its best: few columns, no quoting, small types, no merges; the result is like ours."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring import Outcome

_TYPES = {
    "customer_id": "int32",
    "product_id": "category",
    "product_title": "category",
    "star_rating": "float32",
    "review_date": "category",
}


def prepare(path: Path) -> Outcome:
    """Read five columns, drop duplicates, filter, number, split at random with a seed."""
    ratings = pd.read_csv(
        path, sep="\t", usecols=list(_TYPES), dtype=_TYPES, quoting=csv.QUOTE_NONE
    )
    n_read = len(ratings)
    ratings["product_id"], videos = ratings["product_id"].cat.codes, ratings["product_id"].cat
    days = pd.to_datetime(ratings["review_date"].cat.categories).to_numpy().astype("M8[s]")
    ratings["timestamp"] = days.astype(np.int64)[ratings["review_date"].cat.codes]
    ratings = ratings.drop(columns="review_date")
    ratings = _without_duplicates(ratings)
    n_of_customer = ratings["customer_id"].map(ratings["customer_id"].value_counts())
    n_of_video = np.bincount(ratings["product_id"])[ratings["product_id"]]
    ratings = ratings[(n_of_customer >= 5) & (n_of_video >= 10)]
    user_index, customers = pd.factorize(ratings["customer_id"])
    item_index, item_codes = pd.factorize(ratings["product_id"])
    titles = ratings["product_title"].groupby(item_index).first()
    prepared = pd.DataFrame(
        {
            "user_index": user_index.astype(np.int32),
            "item_index": item_index.astype(np.int32),
            "rating": ratings["star_rating"].to_numpy(),
            "timestamp": ratings["timestamp"].to_numpy(),
        }
    )
    prepared = prepared.take(np.random.default_rng(1).permutation(len(prepared)))
    bounds = [0, int(0.6 * len(prepared)), int(0.8 * len(prepared)), len(prepared)]
    splits = [prepared[start:end] for start, end in pairwise(bounds)]
    assert len(titles) == len(videos.categories[item_codes])
    return {
        "rows_read": n_read,
        "kept": sum(map(len, splits)),
        "n_users": len(customers),
        "n_items": len(item_codes),
    }


def _without_duplicates(ratings: pd.DataFrame) -> pd.DataFrame:
    """Keep the latest; most ratings are alone and need no sorting."""
    pairs = ratings["customer_id"].to_numpy(np.int64) << 32 | ratings["product_id"].to_numpy()
    is_repeated = pd.Series(pairs).duplicated(keep=False).to_numpy()
    repeated = ratings[is_repeated].sort_values("timestamp", kind="stable")
    latest = repeated.drop_duplicates(["customer_id", "product_id"], keep="last")
    is_kept = ~is_repeated
    is_kept[ratings.index.get_indexer(latest.index)] = True
    return ratings[is_kept]
