"""The RecordIO codec beside the SageMaker SDK v2's writer and reader, on the same rows.

The SDK works on the first rows only, as many as its cost per row needs to settle: its reader keeps
each record as a Python object, and the more there are, the more each costs. It also stops there;
"decode to a matrix" adds what it takes to make a matrix of its records, as ours returns. Our
decoder is loaded before anything is measured, as it would be once in a process.
"""

from __future__ import annotations

import io
import logging
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from benchmarks.measuring import Cost, Outcome, call, in_turn, measure
from benchmarks.results import OURS
from recommender import recordio

SDK = "SageMaker SDK v2"
NON_ZEROS = 10  # of a general row, on average
BLOCK_ROWS = 50_000
_N_CUSTOMERS, _N_VIDEOS = 200_000, 16_000
_SDK_WRITES, _SDK_READS = 4_000, 100_000

Samples = tuple[sparse.csr_matrix, npt.NDArray[np.float32]]


def one_hot_rows(n_rows: int) -> Samples:
    """Make one-hot rows of random customers and videos, with ratings."""
    rng = np.random.default_rng(0)
    customers = rng.integers(0, _N_CUSTOMERS, n_rows)
    videos = _N_CUSTOMERS + rng.integers(0, _N_VIDEOS, n_rows)
    columns = np.column_stack((customers, videos)).ravel()
    return _samples(rng, np.full(n_rows, 2), columns, np.ones(2 * n_rows, dtype=np.float32))


def general_rows(n_rows: int) -> Samples:
    """Make rows of any number of random values, in random order."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(NON_ZEROS, n_rows)
    columns = rng.integers(0, _N_CUSTOMERS + _N_VIDEOS, counts.sum())
    return _samples(rng, counts, columns, rng.normal(size=counts.sum()).astype(np.float32))


KINDS = {"one-hot": one_hot_rows, "general": general_rows}


def compare(kind: str, n_rows: int, *, repetitions: int) -> dict[str, dict[str, list[Cost]]]:
    """Measure both in this process, so that only the times mean something.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    n_rows : int
    repetitions : int

    Returns
    -------
    dict
        Costs for `n_rows`, by task and by name, in the order of the repetitions.
    """
    common = _sdk()
    _load_decoder()
    features, labels = KINDS[kind](n_rows)
    content = recordio.encode(features, labels)
    n_written, n_read = min(n_rows, _SDK_WRITES), min(n_rows, _SDK_READS)
    some = features[:n_written], labels[:n_written]
    some_content = recordio.encode(features[:n_read], labels[:n_read])

    def sdk_encode() -> None:
        common.write_spmatrix_to_sparse_tensor(io.BytesIO(), *some)

    def sdk_decode() -> list[Any]:
        records: list[Any] = common.read_records(io.BytesIO(some_content))
        return records

    encode = partial(_cost, lambda: recordio.encode(features, labels), n_rows, n_rows)
    decode = partial(_cost, lambda: recordio.decode(content), n_rows, n_rows)
    tasks = {
        "encode": (encode, partial(_cost, sdk_encode, n_written, n_rows)),
        "decode": (decode, partial(_cost, sdk_decode, n_read, n_rows)),
        "decode to a matrix": (
            decode,
            partial(_cost, lambda: _matrix(sdk_decode()), n_read, n_rows),
        ),
    }
    return {
        task: in_turn({OURS: ours, SDK: theirs}, repetitions)
        for task, (ours, theirs) in tasks.items()
    }


def peaks(kind: str, n_rows: int) -> dict[str, Cost]:
    """Measure our memory, each task in a fresh process that holds its input at the start.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    n_rows : int
    """
    features, labels = KINDS[kind](n_rows)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sparse.save_npz(folder / "features.npz", features, compressed=False)
        np.save(folder / "labels.npy", labels)
        (folder / "content").write_bytes(recordio.encode(features, labels))
        return {
            "encode": measure(_encode, folder, given=_load),
            "write": measure(_write, folder, given=_load),
            "decode": measure(_decode, folder, given=_load_content),
            "read": measure(_read, folder, given=_load_nothing),
            "read_blocks": measure(_read_blocks, folder, given=_load_nothing),
        }


def _sdk() -> Any:
    """Import the SDK without what it has to say."""
    os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"
    logging.disable(logging.INFO)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sagemaker.amazon import common
    logging.disable(logging.NOTSET)
    return common


def _cost(action: Callable[[], object], n_done: int, n_rows: int) -> Cost:
    """Measure a call for some rows, and give what it would be for all."""

    def act() -> Outcome:
        action()
        return {"n_rows": n_done}

    cost = call(act)
    return replace(
        cost,
        wall_seconds=cost.wall_seconds * n_rows / n_done,
        cpu_seconds=cost.cpu_seconds * n_rows / n_done,
    )


def _samples(
    rng: np.random.Generator,
    counts: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    values: npt.NDArray[np.float32],
) -> Samples:
    indptr = np.concatenate(([0], np.cumsum(counts)))
    shape = (len(counts), _N_CUSTOMERS + _N_VIDEOS)
    features = sparse.csr_matrix((values, columns, indptr), shape=shape)
    return features, rng.integers(1, 6, len(counts)).astype(np.float32)


def _matrix(records: list[Any]) -> sparse.csr_matrix:
    tensors = [record.features["values"].float32_tensor for record in records]
    indptr = np.cumsum([0] + [len(tensor.keys) for tensor in tensors])
    keys = np.concatenate([np.array(tensor.keys, dtype=np.int64) for tensor in tensors])
    values = np.concatenate([np.array(tensor.values, dtype=np.float32) for tensor in tensors])
    return sparse.csr_matrix((values, keys, indptr), shape=(len(records), tensors[0].shape[0]))


def _load_decoder() -> None:
    recordio.decode(b"")


def _load(folder: Path) -> Samples:
    return sparse.csr_matrix(sparse.load_npz(folder / "features.npz")), np.load(
        folder / "labels.npy"
    )


def _load_nothing(folder: Path) -> tuple[Path]:
    _load_decoder()
    return (folder,)


def _load_content(folder: Path) -> tuple[bytes]:
    _load_decoder()
    return ((folder / "content").read_bytes(),)


def _encode(*samples: Any) -> Outcome:
    return {"n_bytes": len(recordio.encode(*samples))}


def _write(*samples: Any) -> Outcome:
    with tempfile.TemporaryFile() as file:
        recordio.write(file, *samples)
        return {"n_bytes": file.tell()}


def _decode(content: bytes) -> Outcome:
    _, labels = recordio.decode(content)
    return {"n_rows": 0 if labels is None else len(labels)}


def _read(folder: Path) -> Outcome:
    with (folder / "content").open("rb") as file:
        features, _ = recordio.read(file)
    return {"n_rows": features.shape[0]}


def _read_blocks(folder: Path) -> Outcome:
    with (folder / "content").open("rb") as file:
        n_rows = sum(features.shape[0] for features, _ in recordio.read_blocks(file, BLOCK_ROWS))
    return {"n_rows": n_rows}
