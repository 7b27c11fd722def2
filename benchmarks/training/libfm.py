"""libFM's SGD (S. Rendle, "Factorization Machines with libFM", ACM TIST 3(3), 2012).

An iteration's time is libFM's own: ``time_learn`` of its log (``-rlog``) is the processor's time of
its loop over the training rows. It leaves out what libFM does besides in each iteration, namely
computing the RMSE of all training and test rows, which takes as long again; and it leaves out what
other processes take away from it. So the comparison errs to libFM's advantage.

Its RMSE is that of scores clipped to the range of the training ratings.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.training.files import Files
from benchmarks.training.processes import ContestantError, run
from benchmarks.training.trainings import Training


@dataclass(frozen=True, slots=True)
class Settings:
    """How libFM learns.

    Attributes
    ----------
    num_factors, iterations : int
    learn_rate : float
    regular : tuple of float
        Of the bias, the linear weights and the factors.
    init_stdev : float
        Of the factors.
    """

    num_factors: int
    iterations: int
    learn_rate: float = 0.01
    regular: tuple[float, float, float] = (0.0, 0.01, 0.01)
    init_stdev: float = 0.05


def train(binary: Path, files: Files, settings: Settings, *, cores: int, seed: int = 0) -> Training:
    """Train in a fresh process.

    Parameters
    ----------
    binary : Path
        Of version 1.4.4.
    files : Files
    settings : Settings
    cores : int
        libFM uses one, whatever it is given.
    seed : int
        Of the initial values.

    Raises
    ------
    ContestantError
        If it fails.
    """
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log"
        options = {
            "method": "sgd",
            "task": "r",
            "train": files.libfm("train"),
            "test": files.libfm("test"),
            "dim": f"1,1,{settings.num_factors}",
            "iter": settings.iterations,
            "learn_rate": settings.learn_rate,
            "regular": ",".join(map(str, settings.regular)),
            "init_stdev": settings.init_stdev,
            "seed": seed + 1,  # 0 would be the same as 1
            "rlog": log,
        }
        arguments = [text for name, value in options.items() for text in (f"-{name}", str(value))]
        finished = run([str(binary), *arguments], cores=cores)
        if not log.exists():  # it ends with exit code 0 when it fails, too
            raise ContestantError(f"{binary}: expected a log, found none: {finished.stdout[-300:]}")
        seconds, rmse = parse_log(log.read_text(encoding="ascii"))
    return Training(seconds, finished.wall_seconds, finished.cpu_seconds, finished.peak_mib, rmse)


def parse_log(log: str) -> tuple[list[float], float]:
    """Find out from libFM's log how long each iteration took, and the last test RMSE.

    Parameters
    ----------
    log : str
        A header and a line for each iteration, tab-separated.

    Returns
    -------
    tuple of (list of float, float)
        Seconds by iteration, and the RMSE.

    Raises
    ------
    ContestantError
        If there is no iteration in it.
    """
    header, *lines = (line.split("\t") for line in log.splitlines())
    if not lines:
        raise ContestantError("libFM's log: expected a line for each iteration, found none")
    learn, rmse = header.index("time_learn"), header.index("rmse")
    return [float(line[learn]) for line in lines], float(lines[-1][rmse])
