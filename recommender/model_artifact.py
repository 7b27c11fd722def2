"""The ``model.tar.gz`` that SageMaker's Factorization Machines leave, read and written.

``model.tar.gz`` holds the zip ``model_algo-1``, which holds ``params`` (MXNet arrays ``v``,
``w1_weight``, ``w0_weight``) and ``symbol.json``: see the AWS Machine Learning Blog, "Extending
Amazon SageMaker Factorization Machines algorithm to predict top x recommendations". What else
the real zip holds is not documented.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.errors import ModelArtifactError
from recommender.ndarray_file import format_arrays, parse_arrays

MODEL_MEMBER = "model_algo-1"
PARAMS_MEMBER = "params"
SYMBOL_MEMBER = "symbol.json"
FACTORS, LINEAR, BIAS = "v", "w1_weight", "w0_weight"

# Bytes, unpacked: 32 million features with 64 factors would fit.
MAX_UNPACKED_BYTES = 8 * 1024**3
_MAX_MEMBERS = 100
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class FactorizationMachinesModel:
    """Parameters of a Factorization Machine.

    Attributes
    ----------
    bias : float
    linear : float32 array, shape (feature_dim,)
    factors : float32 array, shape (feature_dim, num_factors)

    Raises
    ------
    ModelArtifactError
        If the shapes do not fit together, or a number is not finite.
    """

    bias: float
    linear: npt.NDArray[np.float32]
    factors: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.factors.ndim != 2 or self.linear.shape != self.factors.shape[:1]:
            raise ModelArtifactError(
                "expected linear of shape (feature_dim,) and factors of shape (feature_dim, "
                f"num_factors), found {self.linear.shape} and {self.factors.shape}"
            )
        parts = (np.float32(self.bias), self.linear, self.factors)
        if not all(np.isfinite(part).all() for part in parts):
            raise ModelArtifactError(
                "the model holds numbers that are not finite: the training diverged; lower the "
                "learning rates"
            )

    @property
    def feature_dim(self) -> int:
        """Number of features."""
        return int(self.factors.shape[0])

    @property
    def num_factors(self) -> int:
        """Dimension of the factorization."""
        return int(self.factors.shape[1])


def format_member(model: FactorizationMachinesModel) -> bytes:
    """Write a model as ``model_algo-1``, the zip that the algorithm leaves in ``/opt/ml/model``.

    Equal models give equal bytes.
    """
    params = format_arrays(
        {
            FACTORS: model.factors,
            LINEAR: model.linear[:, None],
            BIAS: np.array([model.bias], dtype=np.float32),
        }
    )
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ((SYMBOL_MEMBER, _symbol()), (PARAMS_MEMBER, params)):
            member = zipfile.ZipInfo(name, _ZIP_EPOCH)
            member.compress_type = zipfile.ZIP_STORED  # the tar around it is compressed
            member.create_system = 3  # Unix, wherever this runs
            archive.writestr(member, content)
    return zipped.getvalue()


def format_model(model: FactorizationMachinesModel) -> bytes:
    """Write a model as ``model.tar.gz``; equal models give equal bytes."""
    content = format_member(model)
    tarred = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=tarred, mode="wb", compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        entry = tarfile.TarInfo(MODEL_MEMBER)  # its time is 0
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return tarred.getvalue()


def parse_model(
    content: bytes, *, max_unpacked_bytes: int = MAX_UNPACKED_BYTES
) -> FactorizationMachinesModel:
    """Read a model from ``model.tar.gz``.

    Parameters
    ----------
    content : bytes
        Untrusted: members are read by name, in memory, up to a limit; nothing is extracted.
    max_unpacked_bytes : int
        Largest acceptable size of each unpacked layer, in bytes.

    Raises
    ------
    ModelArtifactError
        If a layer is missing, corrupt or too large, or arrays do not fit together.
    """
    member = _tar_member(content, max_unpacked_bytes)
    return parse_member(member, max_unpacked_bytes=max_unpacked_bytes)


def parse_member(
    content: bytes, *, max_unpacked_bytes: int = MAX_UNPACKED_BYTES
) -> FactorizationMachinesModel:
    """Read a model from ``model_algo-1``; otherwise like `parse_model`."""
    arrays = {
        name.removeprefix("arg:"): array
        for name, array in parse_arrays(_zip_member(content, max_unpacked_bytes)).items()
    }
    missing = [name for name in (FACTORS, LINEAR, BIAS) if name not in arrays]
    if missing:
        raise ModelArtifactError(
            f"{MODEL_MEMBER}/{PARAMS_MEMBER}: expected the arrays {FACTORS}, {LINEAR} and {BIAS}, "
            f"found {', '.join(sorted(arrays)) or 'none'}; not a Factorization Machines model"
        )
    if arrays[BIAS].size != 1:
        raise ModelArtifactError(f"expected one bias, found shape {arrays[BIAS].shape}")
    return FactorizationMachinesModel(
        bias=float(np.float32(arrays[BIAS].ravel()[0])),
        linear=np.ascontiguousarray(arrays[LINEAR].ravel(), dtype=np.float32),
        factors=np.ascontiguousarray(arrays[FACTORS], dtype=np.float32),
    )


def _tar_member(content: bytes, limit: int) -> bytes:
    names: list[str] = []
    try:
        # "r|": one pass forward, so that a bomb behind the member is never unpacked.
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as tar:
            for entry in tar:
                names.append(entry.name)
                if entry.size > limit or len(names) > _MAX_MEMBERS:
                    raise ModelArtifactError(
                        f"model.tar.gz: {entry.name!r} has {entry.size} bytes as member "
                        f"{len(names)}; expected at most {limit} bytes and {_MAX_MEMBERS} members"
                    )
                if entry.isfile() and entry.name.removeprefix("./") == MODEL_MEMBER:
                    file = tar.extractfile(entry)
                    if file is not None:
                        return file.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ModelArtifactError(
            f"model.tar.gz: expected a gzipped tar file, found none or a broken one ({error})"
        ) from error
    raise ModelArtifactError(
        f"model.tar.gz: expected the member {MODEL_MEMBER!r}, found "
        f"{', '.join(map(repr, names)) or 'none'}; not a Factorization Machines model"
    )


def _zip_member(content: bytes, limit: int) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if PARAMS_MEMBER not in archive.namelist():
                raise ModelArtifactError(
                    f"{MODEL_MEMBER}: expected the member {PARAMS_MEMBER!r}, found "
                    f"{', '.join(map(repr, archive.namelist()[:20])) or 'none'}"
                )
            with archive.open(PARAMS_MEMBER) as file:
                params = file.read(limit + 1)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise ModelArtifactError(
            f"{MODEL_MEMBER}: expected a zip file, found none or a broken one ({error})"
        ) from error
    if len(params) > limit:
        raise ModelArtifactError(
            f"{MODEL_MEMBER}/{PARAMS_MEMBER}: expected at most {limit} bytes, found more"
        )
    return params


def _symbol() -> bytes:
    """Describe the parameters as an MXNet graph of variables; the algebra is not in it."""
    names = (FACTORS, LINEAR, BIAS)
    graph: dict[str, Any] = {
        "nodes": [{"op": "null", "name": name, "inputs": []} for name in names],
        "arg_nodes": list(range(len(names))),
        "node_row_ptr": list(range(len(names) + 1)),
        "heads": [[number, 0, 0] for number in range(len(names))],
        "attrs": {"mxnet_version": ["int", 10400]},
    }
    return json.dumps(graph, indent=2, sort_keys=True).encode()
