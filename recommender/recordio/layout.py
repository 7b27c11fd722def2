"""The layout of a record, as the SageMaker SDK writes ``aialgs.data.Record``.

::

    features: map {"values": Value {float32_tensor {values: packed, keys: packed, shape: packed}}}
    label:    map {"values": Value {float32_tensor {values: packed}}}

Protobuf leaves an empty packed field out altogether. Everything here is bytes and numbers; who
writes or reads many records at once builds on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.recordio.varints import varint

# Tags of record.proto: field number << 3 | 2 (length-delimited).
FEATURES = b"\x0a"
LABEL = b"\x12"
MAP_KEY = b"\x0a\x06values"
MAP_VALUE = b"\x12"
FLOAT32_TENSOR = b"\x12"
VALUES, KEYS, SHAPE = b"\x0a", b"\x12", b"\x1a"
# A whole label, but for the value's four bytes at its end.
LABEL_HEAD = LABEL + b"\x12" + MAP_KEY + MAP_VALUE + b"\x08" + FLOAT32_TENSOR + b"\x06\x0a\x04"
LABEL_BYTES = len(LABEL_HEAD) + 4


@dataclass(frozen=True, slots=True)
class Schema:
    """What all records of a file share.

    Attributes
    ----------
    n_columns : int
        The features' shape.
    is_labelled : bool
    """

    n_columns: int
    is_labelled: bool

    @property
    def shape_field(self) -> bytes:
        """The tensor's last field."""
        return field(SHAPE, varint(self.n_columns))

    @property
    def key_type(self) -> type[np.int32] | type[np.int64]:
        """The smaller of scipy's types for columns that is large enough."""
        return np.int32 if self.n_columns <= np.iinfo(np.int32).max else np.int64


def field(tag: bytes, content: bytes) -> bytes:
    """Write a length-delimited field."""
    return tag + varint(len(content)) + content
