"""What is reached on MovieLens-100K's official splits u1 to u5."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from benchmarks.training import ours
from benchmarks.training.files import Files, write_files
from benchmarks.training.ratings import SPLITS, movielens, official_split
from benchmarks.training.trainings import Training
from console.datasets import movielens_100k

TUNED, DEFAULTS = "16 factors, 20 epochs", "defaults, 64 factors, 100 epochs"
SETTINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        TUNED: {
            "num_factors": "16",
            "epochs": "20",
            "mini_batch_size": "200",
            "linear_lr": "0.005",
            "factors_lr": "0.001",
            "linear_wd": "0.0001",
            "factors_wd": "0.0003",
            "factors_init_sigma": "0.01",
        },
        DEFAULTS: {"num_factors": "64", "epochs": "100", "mini_batch_size": "200"},
    }
)
# Of the mean of u1 to u5.
GOALS = MappingProxyType({TUNED: 0.911, DEFAULTS: 0.914})
SEEDS = (0, 1, 2)


@contextmanager
def split_files(number: int, seed: int) -> Iterator[Files]:
    """Give the files of one split for a while: the data must not be passed on.

    Parameters
    ----------
    number : int
        Of `SPLITS`.
    seed : int
        Of the order of the training rows.

    Raises
    ------
    DataUnavailableError
        If MovieLens-100K is not in the cache and cannot be fetched.
    """
    path, _ = movielens_100k()
    with tempfile.TemporaryDirectory() as name:
        yield write_files(Path(name), official_split(movielens(path), number, seed=seed))


def train_on_splits(settings: str, seed: int, *, cores: int) -> dict[str, Training]:
    """Train on each split.

    Parameters
    ----------
    settings : str
        Of `SETTINGS`.
    seed : int
        Of the order of the training rows and of the initial values.
    cores : int

    Returns
    -------
    dict
        By "u1" to "u5".
    """
    found = {}
    for number in SPLITS:
        with split_files(number, seed) as files:
            found[f"u{number}"] = ours.train(files, SETTINGS[settings], cores=cores, seed=seed)
    return found
