"""Ratings in the files that each contestant reads, made once and kept."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.training.ratings import Ratings, Split, planted
from recommender import recordio

PARTS = ("train", "test")
# To be raised whenever the files change: older ones are then left alone.
_VERSION = 1
_ABOUT = "about.json"
_SHARD_ROWS = 1_000_000
_TEXT_ROWS = 1_000_000  # at once


@dataclass(frozen=True, slots=True)
class Files:
    """One split in a folder.

    Attributes
    ----------
    folder : Path
    n_rows : int
        To train on.
    n_customers, n_videos : int
    limit_rmse : float or None
        As in `Split`.
    """

    folder: Path
    n_rows: int
    n_customers: int
    n_videos: int
    limit_rmse: float | None

    @property
    def feature_dim(self) -> int:
        """Columns of the one-hot rows."""
        return self.n_customers + self.n_videos

    def recordio(self, part: str) -> Path:
        """Give a folder of RecordIO shards."""
        return self.folder / part

    def libfm(self, part: str) -> Path:
        """Give a file in libFM's text format."""
        return self.folder / f"{part}.libfm"

    def arrays(self, part: str) -> Path:
        """Give an NPZ file with `columns`, shape (n_rows, 2), and `stars`."""
        return self.folder / f"{part}.npz"


def planted_files(n_rows: int, folder: Path) -> Files:
    """Give files of planted ratings, which are made if they are missing.

    Parameters
    ----------
    n_rows : int
        To train on.
    folder : Path
        Where files of all sizes are.
    """
    path = folder / f"training-{n_rows}-v{_VERSION}"
    if not path.exists():
        started = time.perf_counter()
        unfinished = path.with_suffix(".unfinished")
        write_files(unfinished, planted(n_rows))
        unfinished.rename(path)
        print(f"made {path} in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    about = json.loads((path / _ABOUT).read_text(encoding="utf-8"))
    return Files(path, **about)


def write_files(folder: Path, split: Split) -> Files:
    """Write a split in every format.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    split : Split
    """
    for part, ratings in zip(PARTS, (split.train, split.test), strict=True):
        _write_recordio(folder / part, ratings)
        with (folder / f"{part}.libfm").open("wb") as file:
            for start in range(0, len(ratings), _TEXT_ROWS):
                rows = np.arange(start, min(start + _TEXT_ROWS, len(ratings)))
                file.write(libfm_text(ratings.take(rows)))
        np.savez(folder / f"{part}.npz", columns=ratings.columns(), stars=ratings.stars)
    train = split.train
    files = Files(folder, len(train), train.n_customers, train.n_videos, split.limit_rmse)
    about = {name: value for name, value in asdict(files).items() if name != "folder"}
    (folder / _ABOUT).write_text(json.dumps(about) + "\n", encoding="utf-8")
    return files


def libfm_text(ratings: Ratings) -> bytes:
    """Write rows as libFM reads them: ``STARS CUSTOMER:1 VIDEO:1``, columns numbered from 0.

    Parameters
    ----------
    ratings : Ratings

    Raises
    ------
    ValueError
        If stars are not one digit.
    """
    stars = ratings.stars.astype(np.uint8)
    if ((stars != ratings.stars) | (stars > 9)).any():
        raise ValueError("libFM's text: expected stars of one digit, found others")
    # One line a row of the matrix, as wide as any can be; digits that are not there are left out.
    first, second = (_digits(column) for column in ratings.columns().T)
    lines = np.hstack(
        [
            stars[:, None] + np.uint8(ord("0")),
            _repeated(b" ", len(stars)),
            first,
            _repeated(b":1 ", len(stars)),
            second,
            _repeated(b":1\n", len(stars)),
        ]
    )
    text: bytes = lines[lines != 0].tobytes()
    return text


def _digits(numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    """Write decimal digits, shape (n, as many as the largest has); 0 instead of leading ones."""
    width = len(str(int(numbers.max(initial=0))))
    powers = 10 ** np.arange(width - 1, -1, -1)
    digits = (numbers[:, None] // powers % 10).astype(np.uint8) + np.uint8(ord("0"))
    digits[(numbers[:, None] < powers) & (powers > 1)] = 0
    return digits


def _repeated(text: bytes, n: int) -> npt.NDArray[np.uint8]:
    return np.tile(np.frombuffer(text, np.uint8), (n, 1))


def _write_recordio(folder: Path, ratings: Ratings) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    features = ratings.features()
    for number, start in enumerate(range(0, len(ratings), _SHARD_ROWS)):
        rows = slice(start, start + _SHARD_ROWS)
        with (folder / f"part-{number:05d}.pbr").open("wb") as file:
            recordio.write(file, features[rows], ratings.stars[rows])
