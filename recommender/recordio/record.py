"""One protobuf ``Record`` taken apart, byte by byte.

The slow and general half of the decoder: any order of fields, packed or not, unknown fields
skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from recommender.errors import RecordIOError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FEATURES_FIELD, _LABEL_FIELD = 1, 2
_TENSOR_NAMES = {2: "float32", 3: "float64", 7: "int32", 9: "bytes"}
_FLOAT32_FIELD = 2


@dataclass(slots=True)
class Tensor:
    """Entries of a ``Float32Tensor``, and where they lie in the record.

    Attributes
    ----------
    values_at : list of int
        First byte of each value.
    keys : list of (int, int, int)
        Each key with its first byte and the byte behind it.
    shape : list of int
    """

    values_at: list[int] = field(default_factory=list)
    keys: list[tuple[int, int, int]] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    """A record's two tensors, as far as they are there."""

    features: Tensor
    label: Tensor | None


def parse_record(payload: bytes, *, where: str) -> Record:
    """Take a record apart.

    Parameters
    ----------
    payload : bytes
    where : str
        Names the record in messages.

    Raises
    ------
    RecordIOError
        If it is no protobuf record, lacks ``features["values"]``, or has tensors of another type
        than float32.
    """
    features: Tensor | None = None
    label: Tensor | None = None
    for number, start, end in _message(payload, 0, len(payload), where):
        if number == _FEATURES_FIELD:
            features = _map_entry(payload, start, end, f"{where}, features") or features
        elif number == _LABEL_FIELD:
            label = _map_entry(payload, start, end, f"{where}, label") or label
    if features is None:
        raise RecordIOError(f'{where}: expected features["values"], found none; not a Record?')
    return Record(features, label)


def _map_entry(payload: bytes, start: int, end: int, where: str) -> Tensor | None:
    key, span = b"", None
    for number, first, last in _message(payload, start, end, where):
        if number == 1:
            key = payload[first:last]
        elif number == 2:
            span = (first, last)
    if key != b"values" or span is None:
        return None
    for number, first, last in _message(payload, *span, where):
        if number == _FLOAT32_FIELD:
            return _tensor(payload, first, last, where)
        if number in _TENSOR_NAMES:
            raise RecordIOError(
                f"{where}: expected a float32 tensor, found {_TENSOR_NAMES[number]}; cast to "
                "float32 before writing"
            )
    raise RecordIOError(f"{where}: expected a float32 tensor, found no tensor")


def _tensor(payload: bytes, start: int, end: int, where: str) -> Tensor:
    tensor = Tensor()
    for number, first, last in _message(payload, start, end, where, scalars=True):
        if number == 1:
            if (last - first) % 4:
                raise RecordIOError(
                    f"{where}: expected values of 4 bytes each, found {last - first} bytes"
                )
            tensor.values_at += range(first, last, 4)
        elif number in (2, 3):
            at = first
            while at < last:
                value, behind = _varint(payload, at, last, where)
                if number == 2:
                    tensor.keys.append((value, at, behind))
                else:
                    tensor.shape.append(value)
                at = behind
    return tensor


def _message(
    payload: bytes, start: int, end: int, where: str, *, scalars: bool = False
) -> Iterator[tuple[int, int, int]]:
    """Yield field number and span of each length-delimited field, and of scalars if wanted."""
    at = start
    while at < end:
        tag, at = _varint(payload, at, end, where)
        number, wire = tag >> 3, tag & 7
        if wire == _BYTES:
            length, first = _varint(payload, at, end, where)
            last = first + length
        elif wire == _VARINT:
            first, (_, last) = at, _varint(payload, at, end, where)
        elif wire in (_FIXED32, _FIXED64):
            first, last = at, at + (4 if wire == _FIXED32 else 8)
        else:
            raise RecordIOError(
                f"{where}: byte {at} of the payload has the unknown wire type {wire}; not protobuf"
            )
        if last > end:
            raise RecordIOError(
                f"{where}: a field promises {last - first} bytes at byte {first} of the payload, "
                f"found {end - first}; the record is corrupt"
            )
        if wire == _BYTES or scalars:
            yield number, first, last
        at = last


def _varint(payload: bytes, at: int, end: int, where: str) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= end:
            break
        byte = payload[at]
        number |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return number, at
    raise RecordIOError(f"{where}: a number does not end by byte {at} of the payload; corrupt")
