"""The samples of a channel, in file order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from embedded_aws.factorization_machines.container import ClientError
from recommender import recordio
from recommender.errors import RecordIOError


@dataclass(frozen=True, slots=True)
class Samples:
    """Features and labels.

    Parameters
    ----------
    features : CSR matrix of float32, shape (n_samples, feature_dim)
        No feature twice in a row.
    labels : float32 array, shape (n_samples,)
    """

    features: csr_matrix[Any]
    labels: NDArray[np.float32]


def read_channel(folder: Path, feature_dim: int, *, is_classifier: bool) -> Samples:
    """Read all RecordIO-protobuf files below `folder`, in the order of their names.

    Raises
    ------
    ClientError
        If there is no record, or a file cannot be trained on; names the file.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = [_read_file(path, folder, feature_dim, is_classifier) for path in paths]
    parts = [part for part in parts if len(part.labels)]
    if not parts:
        raise ClientError(
            f"channel {folder.name}: expected RecordIO-protobuf records, found none in "
            f"{len(paths)} files"
        )
    if len(parts) == 1:
        return parts[0]
    return Samples(
        csr_matrix(vstack([part.features for part in parts], format="csr")),
        np.concatenate([part.labels for part in parts]),
    )


def _read_file(path: Path, folder: Path, feature_dim: int, is_classifier: bool) -> Samples:
    name = f"channel {folder.name}, file {path.relative_to(folder)}"
    try:
        features, labels = recordio.decode(path.read_bytes())
    except RecordIOError as error:
        raise ClientError(f"{name}: {error}") from error
    if features.shape[0] == 0:
        return Samples(features, np.empty(0, np.float32))
    if features.shape[1] != feature_dim:
        raise ClientError(
            f"{name}: expected records of shape [{feature_dim}], as the hyperparameter "
            f"feature_dim says, found [{features.shape[1]}]"
        )
    if labels is None:
        raise ClientError(f"{name}: expected a label in each record, found none")
    if not (np.isfinite(features.data).all() and np.isfinite(labels).all()):
        raise ClientError(f"{name}: expected finite numbers, found NaN or infinity")
    strange = labels[(labels != 0) & (labels != 1)]
    if is_classifier and len(strange):
        raise ClientError(
            f"{name}: expected the labels 0 and 1, as predictor_type is binary_classifier, "
            f"found {strange[0]:g}"
        )
    features.sum_duplicates()
    return Samples(features, labels)
