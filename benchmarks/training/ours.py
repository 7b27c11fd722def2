"""The embedded Factorization Machines, through the door that the workflow uses too."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.training.files import PARTS, Files
from benchmarks.training.processes import ContestantError, run
from benchmarks.training.trainings import Training
from recommender.recordio import CONTENT_TYPE

_SEED_VARIABLE, _CORES_VARIABLE = "FACTORIZATION_MACHINES_SEED", "SM_NUM_CPUS"
_THROUGHPUT = re.compile(r"#throughput_metric: .*train throughput=(\S+) records/second")
_TEST_RMSE = re.compile(r"#quality_metric: .*, test rmse <loss>=(\S+)")


def train(
    files: Files, hyperparameters: Mapping[str, str], *, cores: int, seed: int = 0
) -> Training:
    """Train in a fresh process, with a folder like ``/opt/ml`` around the files.

    Parameters
    ----------
    files : Files
    hyperparameters : mapping of str to str
        All but ``feature_dim`` and ``predictor_type``; with ``mini_batch_size``.
    cores : int
    seed : int
        Of the initial values.

    Raises
    ------
    ContestantError
        If it fails.
    """
    batch_size = int(hyperparameters["mini_batch_size"])
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        _lay_out(root, files, hyperparameters)
        finished = run(
            [
                *(sys.executable, "-m", "embedded_aws.factorization_machines"),
                *("train", "--root", str(root)),
            ],
            cores=cores,
            environment={_SEED_VARIABLE: str(seed), _CORES_VARIABLE: str(cores)},
        )
    n_records = -(-files.n_rows // batch_size) * batch_size  # the last mini-batch is filled up
    epochs, rmse = parse_log(finished.stdout, n_records)
    return Training(epochs, finished.wall_seconds, finished.cpu_seconds, finished.peak_mib, rmse)


def parse_log(log: str, n_records: int) -> tuple[list[float], float]:
    """Find out from the algorithm's log how long each epoch took, and the test RMSE.

    Parameters
    ----------
    log : str
    n_records : int
        Of an epoch, those included that fill the last mini-batch.

    Returns
    -------
    tuple of (list of float, float)
        Seconds by epoch, and the RMSE.

    Raises
    ------
    ContestantError
        If the log says nothing of them.
    """
    seconds = [n_records / float(number) for number in _THROUGHPUT.findall(log)]
    found = _TEST_RMSE.findall(log)
    if not seconds or len(found) != 1:
        raise ContestantError(
            "the algorithm's log: expected throughput of each epoch and one test rmse, found "
            f"{len(seconds)} and {len(found)}"
        )
    return seconds, float(found[0])


def _lay_out(root: Path, files: Files, hyperparameters: Mapping[str, str]) -> None:
    for part in PARTS:
        folder = root / "input" / "data" / part
        folder.mkdir(parents=True)
        for shard in files.recordio(part).iterdir():
            (folder / shard.name).symlink_to(shard.resolve())
    channel = {"ContentType": CONTENT_TYPE, "TrainingInputMode": "File"}
    configs = {
        "hyperparameters": {
            **hyperparameters,
            "feature_dim": str(files.feature_dim),
            "predictor_type": "regressor",
        },
        "inputdataconfig": dict.fromkeys(PARTS, channel),
        "resourceconfig": {"current_host": "algo-1", "hosts": ["algo-1"]},
    }
    folder = root / "input" / "config"
    folder.mkdir()
    for name, content in configs.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
