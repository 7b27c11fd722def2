"""myFM (T. Ohtsuki, PyPI ``myfm``): Bayesian factorization machines, learned by Gibbs sampling.

It needs versions of its own of what the project needs too, so it is run by another interpreter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.training.files import Files
from benchmarks.training.processes import run
from benchmarks.training.trainings import Training

_PROCESS = Path(__file__).with_name("myfm_process.py")


@dataclass(frozen=True, slots=True)
class Settings:
    """How myFM learns; it needs neither rates nor regularization.

    Attributes
    ----------
    num_factors, iterations : int
    kept : int
        Of the last iterations' samples, for prediction; each is a model in memory.
    """

    num_factors: int
    iterations: int
    kept: int


def train(python: Path, files: Files, settings: Settings, *, cores: int, seed: int = 0) -> Training:
    """Train in a fresh process.

    Parameters
    ----------
    python : Path
        An interpreter that has myFM.
    files : Files
    settings : Settings
    cores : int
        For prediction; it learns on one.
    seed : int

    Raises
    ------
    ContestantError
        If it fails.
    """
    options = {
        "train": str(files.arrays("train")),
        "test": str(files.arrays("test")),
        "group_shapes": [files.n_customers, files.n_videos],
        "num_factors": settings.num_factors,
        "iterations": settings.iterations,
        "kept": settings.kept,
        "cores": cores,
        "seed": seed,
    }
    finished = run([str(python), "-I", str(_PROCESS), json.dumps(options)], cores=cores)
    found = json.loads(finished.stdout.splitlines()[-1])
    return Training(
        found["epoch_seconds"],
        finished.wall_seconds,
        finished.cpu_seconds,
        finished.peak_mib,
        found["rmse"],
    )
