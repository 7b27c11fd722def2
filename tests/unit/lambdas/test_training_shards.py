"""Each instance of a sharded training gets a fair sample of the ratings, in any order they come."""

import numpy as np
import pytest

from lambdas.convert_recordio.handler import lambda_handler as convert_recordio
from lambdas.preprocess.handler import lambda_handler as preprocess
from recommender import recordio
from recommender.run_layout import RunLayout
from tests import planted

N_INSTANCES = 3


@pytest.mark.parametrize("column", ["customer_id", "video_id", "rating", "timestamp"])
def test_sorted_ratings_are_spread_over_all_shards(bucket, resolve, column):
    frame = planted.plant(step=1.0).frame.sort_values(column, kind="stable")
    bucket.put("raw/ratings", planted.movielens_inter(frame))
    run = resolve()
    event = {name: run[name] for name in ("run_id", "dataset", "filter", "split")}
    counts = preprocess(event, None)
    sizes = {name: count for name, count in counts.items() if name.startswith("n_")}
    chosen = {"max_rows_per_file": 500, "max_payload_mb": 6, "positive_rating": None}
    convert_recordio(
        {"run_id": run["run_id"], "instance_count": N_INSTANCES, **sizes, **chosen}, None
    )

    keys = bucket.keys(RunLayout(run["run_id"]).recordio_prefix("train"))
    shards = [recordio.decode(bucket.get(key)) for key in keys]
    assert [features.shape[0] for features, _ in shards] == [1200] * N_INSTANCES
    # Factorization Machines read a shard in its order: its two halves should be alike, too.
    columns = np.concatenate([features.indices for features, _ in shards]).reshape(6, 600, 2)
    labels = np.concatenate([labels for _, labels in shards]).reshape(6, 600)
    for values in (columns[:, :, 0], columns[:, :, 1], labels):
        assert chi_squared_deviation(values) < 4.0


def chi_squared_deviation(groups):
    """How many standard deviations chi-squared is above what equal distributions give."""
    _, codes = np.unique(groups, return_inverse=True)
    counts = np.array([np.bincount(row, minlength=codes.max() + 1) for row in codes])
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return (((counts - expected) ** 2 / expected).sum() - freedom) / np.sqrt(2 * freedom)
