"""What the algorithm answers: JSON, JSON Lines or RecordIO-protobuf.

Source: SageMaker developer guide, "Factorization Machines Response Formats" (fm-in-formats), and
the answers of real endpoints, where ``predicted_label`` is a floating-point number.
"""

from __future__ import annotations

import json
import struct

import numpy as np
from numpy.typing import NDArray

from embedded_aws.factorization_machines.container import ClientError
from embedded_aws.factorization_machines.request_formats import JSON, JSON_LINES
from recommender.recordio import CONTENT_TYPE as RECORDIO

ACCEPT_TYPES = (JSON, JSON_LINES, RECORDIO)

_RECORDIO_MAGIC = 0xCED7230A


def format_response(scores: NDArray[np.float32], accept: str, *, is_classifier: bool) -> bytes:
    r"""Format scores.

    Parameters
    ----------
    scores : float32 array, shape (n_samples,)
        A classifier's are probabilities; its label is 1 from 0.5 on.
    accept : str
        One of `ACCEPT_TYPES`.

    Returns
    -------
    bytes
        JSON Lines end with ``\n`` each; one JSON object does not.

    Raises
    ------
    ClientError
        If `accept` is something else.
    """
    columns = {"score": scores}
    if is_classifier:
        columns["predicted_label"] = (scores >= np.float32(0.5)).astype(np.float32)
    if accept == RECORDIO:
        return _recordio(columns)
    lists = [values.astype(np.float64).tolist() for values in columns.values()]
    predictions = [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]
    if accept == JSON:
        return json.dumps({"predictions": predictions}).encode()
    if accept == JSON_LINES:
        return "".join(json.dumps(prediction) + "\n" for prediction in predictions).encode()
    raise ClientError(f'accept: expected one of {", ".join(ACCEPT_TYPES)}, found "{accept}"')


def _recordio(columns: dict[str, NDArray[np.float32]]) -> bytes:
    """Write a record with the labels `columns` and no features for each sample."""
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    records = []
    for row in rows:
        record = b"".join(_label(name, value) for name, value in zip(columns, row, strict=True))
        padding = b"\0" * (-len(record) % 4)
        records.append(struct.pack("<II", _RECORDIO_MAGIC, len(record)) + record + padding)
    return b"".join(records)


def _label(name: str, value: float) -> bytes:
    """Encode an entry of ``aialgs.data.Record.label``: a Float32Tensor of one value.

    Every field is a message of less than 128 bytes, so that each length is one byte.
    """
    tensor = _field(1, struct.pack("<f", value))
    return _field(2, _field(1, name.encode()) + _field(2, _field(2, tensor)))


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2, len(content))) + content
