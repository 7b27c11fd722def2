"""What an inference request may look like: RecordIO-protobuf, JSON, JSON Lines.

Source: SageMaker developer guide, "Common Data Formats for Inference" (cdf-inference). There is no
CSV.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from embedded_aws.factorization_machines.container import ClientError
from recommender import recordio
from recommender.errors import RecordIOError

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CONTENT_TYPES = (recordio.CONTENT_TYPE, JSON, JSON_LINES)

_EXPECTED_INSTANCE = (
    'expected {"features": [numbers]} or {"data": {"features": {"values": [numbers]}}}, the '
    'latter with "keys" and "shape" where the features are sparse'
)


def parse_request(payload: bytes, content_type: str, feature_dim: int) -> csr_matrix[Any]:
    """Read the samples of a request.

    Parameters
    ----------
    payload : bytes
    content_type : str
        One of `CONTENT_TYPES`.
    feature_dim : int
        How many features the model has.

    Returns
    -------
    CSR matrix of float32, shape (n_samples, feature_dim)

    Raises
    ------
    ClientError
        If the payload is not of that type, or does not fit the model.
    """
    if content_type == recordio.CONTENT_TYPE:
        return _parse_recordio(payload, feature_dim)
    if content_type == JSON:
        request = _load_json(payload, "the payload")
        instances = request.get("instances") if isinstance(request, dict) else None
        if not isinstance(instances, list):
            raise ClientError('the payload: expected {"instances": [...]}')
        names = [f"instance {number}" for number in range(len(instances))]
        return _parse_instances(instances, names, feature_dim)
    if content_type == JSON_LINES:
        lines = {
            f"line {number}": line
            for number, line in enumerate(payload.split(b"\n"), start=1)
            if line.strip()
        }
        instances = [_load_json(line, name) for name, line in lines.items()]
        return _parse_instances(instances, list(lines), feature_dim)
    raise ClientError(
        f'content type: expected one of {", ".join(CONTENT_TYPES)}, found "{content_type}"'
    )


def _parse_recordio(payload: bytes, feature_dim: int) -> csr_matrix[Any]:
    try:
        features, _ = recordio.decode(payload)
    except RecordIOError as error:
        raise ClientError(f"the payload: {error}") from error
    if features.shape[0] == 0:
        return csr_matrix(np.empty((0, feature_dim), np.float32))
    if features.shape[1] != feature_dim:
        raise ClientError(
            f"the payload: expected records of shape [{feature_dim}], as the model was trained "
            f"on, found [{features.shape[1]}]"
        )
    if not np.isfinite(features.data).all():
        raise ClientError("the payload: expected finite numbers, found NaN or infinity")
    return features


def _load_json(text: bytes, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ClientError(f"{name}: expected JSON: {error}") from error


def _parse_instances(
    instances: Sequence[Any], names: Sequence[str], feature_dim: int
) -> csr_matrix[Any]:
    keys: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    values: list[NDArray[np.float32]] = [np.empty(0, np.float32)]
    for instance, name in zip(instances, names, strict=True):
        instance_keys, instance_values = _parse_instance(instance, name, feature_dim)
        keys.append(instance_keys)
        values.append(instance_values)
    bounds = np.cumsum([len(part) for part in values])
    return csr_matrix(
        (np.concatenate(values), np.concatenate(keys), bounds), shape=(len(instances), feature_dim)
    )


def _parse_instance(
    instance: Any, name: str, feature_dim: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the keys and values of one instance's features."""
    try:
        dense = "features" in instance
        tensor = {"values": instance["features"]} if dense else instance["data"]["features"]
        values, keys = tensor["values"], tensor.get("keys")
        shape = tensor.get("shape", [feature_dim if keys is not None else len(values)])
    except (AttributeError, KeyError, TypeError) as error:
        raise ClientError(f"{name}: {_EXPECTED_INSTANCE}") from error
    if not (isinstance(values, list) and all(_is_number(value) for value in values)):
        raise ClientError(f"{name}: expected a flat list of finite numbers as values")
    if shape != [feature_dim]:
        raise ClientError(
            f"{name}: expected features of shape [{feature_dim}], as the model was trained on, "
            f"found {shape}"
        )
    if keys is None:
        keys = list(range(len(values)))
    if not (isinstance(keys, list) and all(type(key) is int for key in keys)):
        raise ClientError(f"{name}: expected a flat list of whole numbers as keys")
    if len(keys) != len(values):
        raise ClientError(f"{name}: found {len(keys)} keys for {len(values)} values")
    if not all(0 <= key < feature_dim for key in keys):
        raise ClientError(f"{name}: expected keys from 0 to {feature_dim - 1}")
    return np.array(keys, np.int64), np.array(values, np.float32)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= float(np.finfo(np.float32).max)
