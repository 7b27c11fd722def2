"""The way of the sample that this project re-creates: pandas with its defaults, and merges."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring import Outcome


def prepare(path: Path) -> Outcome:
    """Read everything, filter and number by merges, split at random without a seed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # quotes leave columns of mixed types
        ratings = pd.read_csv(path, delimiter="\t", on_bad_lines="skip")
    n_read = len(ratings)
    ratings = ratings[["customer_id", "product_id", "star_rating", "product_title"]]
    customers, videos = _counts(ratings)
    customers, videos = customers[customers >= 5], videos[videos >= 10]
    ratings = ratings.merge(pd.DataFrame({"customer_id": customers.index}))
    ratings = ratings.merge(pd.DataFrame({"product_id": videos.index}))
    customers, videos = _counts(ratings)
    users = pd.DataFrame({"customer_id": customers.index, "user": np.arange(len(customers))})
    items = pd.DataFrame({"product_id": videos.index, "item": np.arange(len(videos))})
    ratings = ratings.merge(users).merge(items).sample(frac=1)
    bounds = [int(0.6 * len(ratings)), int(0.8 * len(ratings))]
    train, rest = ratings[: bounds[0]], ratings[bounds[0] :]
    validation, test = rest[: bounds[1] - bounds[0]], rest[bounds[1] - bounds[0] :]
    return {
        "rows_read": n_read,
        "kept": len(train) + len(validation) + len(test),
        "n_users": len(users),
        "n_items": len(items),
    }


def _counts(ratings: pd.DataFrame) -> tuple["pd.Series[int]", "pd.Series[int]"]:
    return ratings["customer_id"].value_counts(), ratings["product_id"].value_counts()
