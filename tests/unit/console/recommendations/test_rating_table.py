"""Ratings are found by customer and by video, whatever order and split they come in."""

import numpy as np
import pytest

from console.recommendations.rating_table import RatingTable
from recommender.run_layout import SPLITS
from recommender.tables import RatingsColumns
from recommender.timestamps import NO_TIMESTAMP
from tests.unit.console.recommendations.planted import columns, planted_run


def test_every_rating_is_found_both_ways():
    rng = np.random.default_rng(7)
    pairs = rng.permutation(40 * 30)[:500]
    users, items = pairs // 30, pairs % 30
    ratings = rng.integers(1, 6, 500).astype(np.float32)
    everything = RatingsColumns(
        users.astype(np.int32), items.astype(np.int32), ratings, np.arange(500)
    )
    cuts = {"train": slice(0, 300), "validation": slice(300, 400), "test": slice(400, 500)}
    parts = {split: [everything[cuts[split]]] for split in SPLITS}
    table = RatingTable.of(parts, n_users=40, n_items=30)

    found = {
        (user, int(table.item_index[row]), float(table.rating[row]), SPLITS[table.split[row]])
        for user in range(40)
        for row in table.rows_of_customer(user)
    }
    by_video = {
        (int(user), item, float(table.rating[row]), SPLITS[table.split[row]])
        for item in range(30)
        for row, user in zip(
            table.rows_of_video(item), table.customers_of(table.rows_of_video(item)), strict=True
        )
    }
    expected = {
        (int(users[n]), int(items[n]), float(ratings[n]), split)
        for split in SPLITS
        for n in range(500)[cuts[split]]
    }
    assert found == by_video == expected
    assert table.per_user.tolist() == np.bincount(users, minlength=40).tolist()
    assert table.per_item.tolist() == np.bincount(items, minlength=30).tolist()
    assert table.trained_per_item.tolist() == np.bincount(items[:300], minlength=30).tolist()


def test_times_are_kept_where_one_is_known_and_else_left_out():
    assert planted_run().ratings.timestamp is not None
    parts = {split: [RatingsColumns(**columns([(0, 0, 1.0, NO_TIMESTAMP)]))] for split in SPLITS}

    assert RatingTable.of(parts, n_users=1, n_items=1).timestamp is None


@pytest.mark.parametrize(
    ("row", "name"), [((3, 0), "user_index"), ((-1, 0), "user_index"), ((0, 9), "item_index")]
)
def test_indices_that_the_tables_lack_are_refused(row, name):
    parts = {split: [RatingsColumns(**columns([(*row, 1.0, 0)]))] for split in SPLITS}

    with pytest.raises(ValueError, match=f"expected {name} from 0 to"):
        RatingTable.of(parts, n_users=3, n_items=9)
