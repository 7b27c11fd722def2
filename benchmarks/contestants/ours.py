"""Reading and preparation by this project, with its defaults."""

from pathlib import Path

from benchmarks.measuring import Outcome
from recommender.cleansing import CleansingRules
from recommender.preparation import prepare as prepare_table
from recommender.ratings import RatingsSource, read_ratings
from recommender.run_layout import SPLITS
from recommender.splitting import SplitFractions


def prepare(path: Path) -> Outcome:
    """Read, drop duplicates, filter, number, split at random with a seed; all splits' rows."""
    source = RatingsSource(path.name, lambda: path.open("rb"), path.stat().st_size)
    with (
        read_ratings([source]) as table,
        prepare_table(
            table,
            CleansingRules(5, 10, until_stable=False),
            SplitFractions(0.6, 0.2, 0.2),
            strategy="random",
            seed=1,
        ) as prepared,
    ):
        splits = {split: list(prepared.ratings(split)) for split in SPLITS}
        kept = sum(len(rows) for pieces in splits.values() for rows in pieces)
        accounted = prepared.kept + prepared.accounting.n_rejected
        return {
            "rows_read": accounted,
            "kept": kept,
            "n_users": prepared.index.n_users,
            "n_items": prepared.index.n_items,
        }
