"""Ratings to train on: planted ones of any size, and MovieLens-100K's official splits.

Planted ratings come from a factorization machine with noise, so that there is something to learn
and its limit is known. Customers and videos have a long tail and are numbered without regard to it:
whoever is popular may stand anywhere in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

ROWS_PER_CUSTOMER, ROWS_PER_VIDEO = 5, 50
TEST_SHARE = 0.1  # beside the training rows
SPLITS = (1, 2, 3, 4, 5)

_SEED = 2010
_CUSTOMER_SIGMA, _VIDEO_SIGMA = 1.0, 1.8  # of the lognormal popularity
_MEAN, _CUSTOMER_SPREAD, _VIDEO_SPREAD = 3.6, 0.4, 0.4
_N_FACTORS, _FACTORS_SPREAD, _NOISE = 4, 0.6, 0.6
_TEST_ROWS = 20_000  # of each of MovieLens-100K's splits

_Numbers = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ratings:
    """Who rates what, and how.

    Attributes
    ----------
    customers, videos : int32 array, shape (n_rows,)
        Numbered from 0.
    stars : float32 array, shape (n_rows,)
        Whole numbers from 1 to 5.
    n_customers, n_videos : int
        Whether or not all of them occur.
    """

    customers: _Numbers
    videos: _Numbers
    stars: _Floats
    n_customers: int
    n_videos: int

    def __len__(self) -> int:
        return len(self.stars)

    def take(self, rows: npt.NDArray[np.int64]) -> Ratings:
        """Give some rows, in that order."""
        return Ratings(
            self.customers[rows],
            self.videos[rows],
            self.stars[rows],
            self.n_customers,
            self.n_videos,
        )

    @property
    def feature_dim(self) -> int:
        """Columns of `features`."""
        return self.n_customers + self.n_videos

    def columns(self) -> npt.NDArray[np.int32]:
        """Give each row's two features, shape (n_rows, 2): customers first, then videos."""
        return np.column_stack((self.customers, self.n_customers + self.videos))

    def features(self) -> sparse.csr_matrix[Any]:
        """Give one-hot rows, shape (n_rows, feature_dim)."""
        n_rows = len(self)
        return sparse.csr_matrix(
            (
                np.ones(2 * n_rows, np.float32),
                self.columns().ravel(),
                np.arange(0, 2 * n_rows + 1, 2),
            ),
            shape=(n_rows, self.feature_dim),
        )


@dataclass(frozen=True, slots=True)
class Split:
    """Ratings to train on, in random order, and to test.

    Attributes
    ----------
    limit_rmse : float or None
        What the test ratings' own model, without the noise, is off by; None where nobody knows.
    """

    train: Ratings
    test: Ratings
    limit_rmse: float | None = None


def planted(n_rows: int) -> Split:
    """Make ratings, the same every time.

    Parameters
    ----------
    n_rows : int
        To train on; a tenth more is for the test.
    """
    rng = np.random.default_rng((_SEED, n_rows))
    n_customers, n_videos = n_rows // ROWS_PER_CUSTOMER, n_rows // ROWS_PER_VIDEO
    n_all = n_rows + int(n_rows * TEST_SHARE)
    customers = _draw(n_customers, _CUSTOMER_SIGMA, n_all, rng)
    videos = _draw(n_videos, _VIDEO_SIGMA, n_all, rng)
    scores = rng.normal(0, _CUSTOMER_SPREAD, n_customers).astype(np.float32)[customers]
    scores += rng.normal(_MEAN, _VIDEO_SPREAD, n_videos).astype(np.float32)[videos]
    for _ in range(_N_FACTORS):  # the products' spread adds up to that of all factors
        factor = rng.standard_normal(n_customers, np.float32)[customers]
        factor *= rng.standard_normal(n_videos, np.float32)[videos]
        scores += np.float32(_FACTORS_SPREAD / _N_FACTORS**0.5) * factor
    noise = np.float32(_NOISE) * rng.standard_normal(n_all, np.float32)
    stars = np.clip(np.rint(scores + noise), 1, 5)
    ratings = Ratings(customers, videos, stars, n_customers, n_videos)
    errors = np.clip(scores[n_rows:], 1, 5) - stars[n_rows:]
    return Split(
        ratings.take(np.arange(n_rows)),
        ratings.take(np.arange(n_rows, n_all)),
        float(np.sqrt(np.mean(errors**2, dtype=np.float64))),
    )


def movielens(path: Path) -> Ratings:
    """Read MovieLens-100K's ratings in the order of its ``u.data``.

    Parameters
    ----------
    path : Path
        The ``.inter`` file: tab-separated customer, video (both numbered from 1), rating and time
        below a header; the rows are those of ``u.data``, in its order.
    """
    table = np.loadtxt(path, np.int64, delimiter="\t", skiprows=1, usecols=(0, 1, 2), ndmin=2)
    customers, videos = (table[:, :2] - 1).astype(np.int32).T
    return Ratings(
        customers,
        videos,
        table[:, 2].astype(np.float32),
        int(customers.max()) + 1,
        int(videos.max()) + 1,
    )


def official_split(
    ratings: Ratings, number: int, *, seed: int | Sequence[int], test_rows: int = _TEST_ROWS
) -> Split:
    """Split as MovieLens-100K's ``u1`` to ``u5`` are.

    By its script ``mku.sh``, the test rows of ``u<number>`` are the file's `number`-th block of
    20,000 lines, and all others are for training.

    Parameters
    ----------
    ratings : Ratings
        In the file's order.
    number : int
        Of `SPLITS`.
    seed : int or sequence of int
        Of the order of the training rows, which are shuffled once.
    test_rows : int
        Of a block.

    Raises
    ------
    ValueError
        If the file has no such block.
    """
    stop = number * test_rows
    if not 0 < stop <= len(ratings):
        raise ValueError(f"u{number}: expected {stop} ratings or more, found {len(ratings)}")
    rows = np.arange(len(ratings))
    test = rows[stop - test_rows : stop]
    train = np.delete(rows, test)
    np.random.default_rng(seed).shuffle(train)
    return Split(ratings.take(train), ratings.take(test))


def _draw(n: int, sigma: float, n_rows: int, rng: np.random.Generator) -> _Numbers:
    """Draw numbers below n, some much more often than others."""
    cumulated = np.cumsum(rng.lognormal(0, sigma, n))
    drawn = np.searchsorted(cumulated / cumulated[-1], rng.random(n_rows), side="right")
    return np.minimum(drawn, n - 1).astype(np.int32)
