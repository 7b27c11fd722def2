"""The same ratings in each contestant's format."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.training.files import libfm_text, planted_files, write_files
from benchmarks.training.ratings import Ratings, Split
from recommender import recordio

N_CUSTOMERS, N_VIDEOS = 98, 1200
RATINGS = Ratings(
    np.array([0, 9, 97], np.int32),
    np.array([1, 2, 1199], np.int32),
    np.array([5, 1, 3], np.float32),
    N_CUSTOMERS,
    N_VIDEOS,
)


def test_libfm_text() -> None:
    assert libfm_text(RATINGS) == b"5 0:1 99:1\n1 9:1 100:1\n3 97:1 1297:1\n"


def test_libfm_text_equals_a_loop() -> None:
    rng = np.random.default_rng(3)
    ratings = Ratings(
        rng.integers(0, 100_000, 500).astype(np.int32) // 10 ** rng.integers(0, 6, 500),
        rng.integers(0, 1000, 500).astype(np.int32),
        rng.integers(1, 6, 500).astype(np.float32),
        100_000,
        1000,
    )
    rows = zip(ratings.stars, ratings.customers, ratings.videos, strict=True)

    expected = "".join(f"{s:.0f} {c}:1 {100_000 + v}:1\n" for s, c, v in rows)

    assert libfm_text(ratings).decode() == expected


@pytest.mark.parametrize("stars", [2.5, 10, -1])
def test_other_stars_are_refused(stars: float) -> None:
    one = np.zeros(1, np.int32)

    with pytest.raises(ValueError, match="stars of one digit"):
        libfm_text(Ratings(one, one, np.array([stars], np.float32), 1, 1))


def test_all_formats_hold_the_same(tmp_path: Path) -> None:
    files = write_files(tmp_path, Split(RATINGS, RATINGS.take(np.array([2])), 0.5))

    (shard,) = files.recordio("train").iterdir()
    features, labels = recordio.decode(shard.read_bytes())
    assert labels is not None
    assert features.shape == (3, files.feature_dim) == (3, N_CUSTOMERS + N_VIDEOS)
    assert features.indices.tolist() == [0, 99, 9, 100, 97, 1297]
    assert labels.tolist() == [5, 1, 3]
    with np.load(files.arrays("train")) as arrays:
        assert arrays["columns"].tolist() == [[0, 99], [9, 100], [97, 1297]]
        assert arrays["stars"].tolist() == [5, 1, 3]
    assert files.libfm("train").read_bytes() == libfm_text(RATINGS)
    assert files.libfm("test").read_bytes() == b"3 97:1 1297:1\n"


def test_planted_files_are_made_once(tmp_path: Path) -> None:
    made = planted_files(500, tmp_path)
    before = made.libfm("train").stat().st_mtime_ns

    kept = planted_files(500, tmp_path)

    assert kept == made
    assert kept.n_rows == 500
    assert kept.libfm("train").stat().st_mtime_ns == before
