"""Samples with a planted structure, and a folder laid out like /opt/ml."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from embedded_aws.factorization_machines.container import ContainerLayout
from recommender import recordio

N_USERS, N_ITEMS = 60, 40
FEATURE_DIM = N_USERS + N_ITEMS


@pytest.fixture(scope="session")
def planted() -> dict[str, tuple[scipy.sparse.csr_matrix, np.ndarray]]:
    """One-hot ratings from biases and two factors, noise 0.1; the label's spread is about 1."""
    rng = np.random.default_rng(11)
    users, items = rng.integers(N_USERS, size=6000), rng.integers(N_ITEMS, size=6000)
    user_factors, item_factors = rng.normal(size=(N_USERS, 2)), rng.normal(size=(N_ITEMS, 2))
    ratings = (
        3.0
        + rng.normal(scale=0.4, size=N_USERS)[users]
        + rng.normal(scale=0.4, size=N_ITEMS)[items]
        + 0.5 * (user_factors[users] * item_factors[items]).sum(axis=1)
        + rng.normal(scale=0.1, size=6000)
    ).astype(np.float32)
    columns = np.stack([users, N_USERS + items], axis=1).ravel()
    matrix = scipy.sparse.csr_matrix(
        (np.ones(12000, np.float32), columns, np.arange(0, 12001, 2)), shape=(6000, FEATURE_DIM)
    )
    return {"train": (matrix[:5000], ratings[:5000]), "test": (matrix[5000:], ratings[5000:])}


@pytest.fixture(scope="session")
def hyperparameters() -> dict[str, str]:
    """Settings that learn the planted ratings well."""
    return {
        "feature_dim": str(FEATURE_DIM),
        "num_factors": "4",
        "predictor_type": "regressor",
        "epochs": "30",
        "mini_batch_size": "100",
        "bias_lr": "0.02",
        "linear_lr": "0.02",
        "factors_lr": "0.02",
        "bias_wd": "0.000001",
        "linear_wd": "0.0001",
        "factors_wd": "0.0001",
        "factors_init_sigma": "0.1",
    }


@pytest.fixture
def make_job(
    tmp_path: Path, planted: Any, hyperparameters: dict[str, str]
) -> Callable[..., ContainerLayout]:
    """Return a function that lays out a training job, of the planted ratings unless told."""

    def make(
        changes: dict[str, str] | None = None,
        channels: dict[str, tuple[Any, Any]] | None = None,
        classify: bool = False,
    ) -> ContainerLayout:
        root = tmp_path / "ml"
        channels = planted if channels is None else channels
        for name, (features, labels) in channels.items():
            folder = root / "input" / "data" / name
            folder.mkdir(parents=True)
            if classify:
                labels = (labels > 3.0).astype(np.float32)
            half = len(labels) // 2
            for part, rows in enumerate((slice(0, half), slice(half, None))):
                path = folder / f"part-{part:05d}.pbr"
                path.write_bytes(recordio.encode(features[rows], labels[rows]))
        configs = {
            "hyperparameters": hyperparameters | (changes or {}),
            "inputdataconfig": {
                name: {
                    "ContentType": "application/x-recordio-protobuf",
                    "TrainingInputMode": "File",
                    "S3DistributionType": "FullyReplicated",
                    "RecordWrapperType": "None",
                }
                for name in channels
            },
            "resourceconfig": {"current_host": "algo-1", "hosts": ["algo-1"]},
        }
        for name, content in configs.items():
            path = root / "input" / "config" / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
        return ContainerLayout(root)

    return make
