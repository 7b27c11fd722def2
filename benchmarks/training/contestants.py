"""Who trains on the same files, and with which settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.results import OURS
from benchmarks.training import libfm, myfm, ours
from benchmarks.training.files import Files
from benchmarks.training.movielens import SETTINGS, TUNED
from benchmarks.training.trainings import Measurement, Training

LIBFM, MYFM = "libFM", "myFM"


@dataclass(frozen=True, slots=True)
class Peers:
    """Those that were built or installed outside the project.

    Attributes
    ----------
    libfm : mapping of str to Path
        Binaries by what tells the builds apart; where the RMSE counts, the first will do.
    myfm : Path or None
        Interpreter.
    """

    libfm: Mapping[str, Path] = field(default_factory=dict)
    myfm: Path | None = None


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody and the cores they get.

    Attributes
    ----------
    name : str
    cores : int
    train : callable
        Takes files and a seed.
    """

    name: str
    cores: int
    train: Callable[[Files, int], Training]


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """How everybody learns where the RMSE counts; as many factors each."""

    ours: Mapping[str, str]
    libfm: libfm.Settings
    myfm: myfm.Settings


# Of this project and libFM the best of 30 random settings each, for 100,000 rows. myFM finds its
# own regularization, and gets better the longer it runs.
PLANTED_FACTORS = 8
PLANTED_SETTINGS = QualitySettings(
    {
        "num_factors": str(PLANTED_FACTORS),
        "epochs": "20",
        "mini_batch_size": "1000",
        "linear_lr": "0.002",
        "factors_lr": "0.007",
        "linear_wd": "0.00007",
        "factors_wd": "0.0003",
        "factors_init_sigma": "0.01",
    },
    libfm.Settings(PLANTED_FACTORS, 20, 0.016, (0.0, 0.007, 0.013), 0.02),
    myfm.Settings(PLANTED_FACTORS, 100, 70),
)
# libFM's are the best of 30 random settings, too.
MOVIELENS_FACTORS = 16
MOVIELENS_SETTINGS = QualitySettings(
    SETTINGS[TUNED],
    libfm.Settings(MOVIELENS_FACTORS, 20, 0.012, (0.0, 0.046, 0.027), 0.024),
    myfm.Settings(MOVIELENS_FACTORS, 200, 150),
)


def for_throughput(
    peers: Peers, num_factors: int, cores: list[int], *, epochs: int
) -> list[Contestant]:
    """Give this project on each number of cores, and libFM on one, as it uses no more.

    Parameters
    ----------
    peers : Peers
    num_factors : int
    cores : list of int
    epochs : int
        Also libFM's iterations.
    """
    hyperparameters = {
        "num_factors": str(num_factors),
        "epochs": str(epochs),
        "mini_batch_size": "1000",  # the container's default
    }
    settings = libfm.Settings(num_factors, epochs)
    return [
        *(_ours(hyperparameters, number) for number in cores),
        *(_libfm(name, path, settings) for name, path in peers.libfm.items()),
    ]


def for_quality(peers: Peers, settings: QualitySettings, cores: int) -> list[Contestant]:
    """Give everybody, each on so many cores, if they can use them."""
    found = [_ours(settings.ours, cores)]
    found += [_libfm(name, path, settings.libfm) for name, path in list(peers.libfm.items())[:1]]
    if python := peers.myfm:
        found.append(
            Contestant(
                MYFM,
                cores,
                lambda files, seed: myfm.train(
                    python, files, settings.myfm, cores=cores, seed=seed
                ),
            )
        )
    return found


def in_turn(
    contestants: list[Contestant],
    files: Files,
    *,
    part: str,
    data: str,
    num_factors: int,
    turns: int,
) -> list[Measurement]:
    """Train everybody once, then all again with the next seed: others disturb all alike."""
    found = [
        Measurement(part, data, files.n_rows, one.name, num_factors, one.cores, [])
        for one in contestants
    ]
    for turn in range(turns):
        for one, measurement in zip(contestants, found, strict=True):
            measurement.trainings.append(one.train(files, turn))
    return found


def _ours(hyperparameters: Mapping[str, str], cores: int) -> Contestant:
    return Contestant(
        OURS,
        cores,
        lambda files, seed: ours.train(files, hyperparameters, cores=cores, seed=seed),
    )


def _libfm(name: str, path: Path, settings: libfm.Settings) -> Contestant:
    return Contestant(
        f"{LIBFM} {name}".strip(),
        1,
        lambda files, seed: libfm.train(path, files, settings, cores=1, seed=seed),
    )
