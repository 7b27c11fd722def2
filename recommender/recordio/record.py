"""One protobuf ``Record`` taken apart, byte by byte.

The slow and general part of the decoder: any order of fields, packed or not, unknown fields
skipped, the last of repeated fields taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from recommender.errors import RecordIOError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FEATURES_FIELD, _LABEL_FIELD = 1, 2
_FLOAT32_FIELD = 2
_TENSOR_NAMES = {_FLOAT32_FIELD: "float32", 3: "float64", 7: "int32", 9: "bytes"}
_VALUES_FIELD, _KEYS_FIELD, _SHAPE_FIELD = 1, 2, 3
_MAX_FIELD = (1 << 29) - 1


@dataclass(slots=True)
class Tensor:
    """Content of a ``Float32Tensor``.

    Attributes
    ----------
    values : bytearray
        Four bytes each, little-endian.
    keys, shape : list of int
        Below 2**64.
    """

    values: bytearray = field(default_factory=bytearray)
    keys: list[int] = field(default_factory=list)
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
    for number, wire, start, end in _message(payload, 0, len(payload), where):
        if number == _FEATURES_FIELD and wire == _BYTES:
            features = _map_entry(payload, start, end, f"{where}, features") or features
        elif number == _LABEL_FIELD and wire == _BYTES:
            label = _map_entry(payload, start, end, f"{where}, label") or label
    if features is None:
        raise RecordIOError(f'{where}: expected features["values"], found none; not a Record?')
    return Record(features, label)


def _map_entry(payload: bytes, start: int, end: int, where: str) -> Tensor | None:
    key, values = b"", []
    for number, wire, first, last in _message(payload, start, end, where):
        if number == 1 and wire == _BYTES:
            key = payload[first:last]
        elif number == 2 and wire == _BYTES:
            values.append((first, last))
    if key != b"values":
        return None
    tensors = [
        each
        for span in values
        for each in _message(payload, *span, where)
        if each[0] in _TENSOR_NAMES and each[1] == _BYTES
    ]
    if len(tensors) != 1:
        raise RecordIOError(
            f"{where}: expected a float32 tensor, found {len(tensors) or 'no'} "
            f"tensor{'s' * (len(tensors) > 1)}"
        )
    number, _, first, last = tensors[0]
    if number != _FLOAT32_FIELD:
        raise RecordIOError(
            f"{where}: expected a float32 tensor, found {_TENSOR_NAMES[number]}; cast to "
            "float32 before writing"
        )
    return _tensor(payload, first, last, where)


def _tensor(payload: bytes, start: int, end: int, where: str) -> Tensor:
    tensor = Tensor()
    for number, wire, first, last in _message(payload, start, end, where):
        if number == _VALUES_FIELD and wire in (_BYTES, _FIXED32):
            if (last - first) % 4:
                raise RecordIOError(
                    f"{where}: expected values of 4 bytes each, found {last - first} bytes"
                )
            tensor.values += payload[first:last]
        elif number in (_KEYS_FIELD, _SHAPE_FIELD) and wire in (_BYTES, _VARINT):
            numbers = tensor.keys if number == _KEYS_FIELD else tensor.shape
            while first < last:
                value, first = _varint(payload, first, last, where)
                numbers.append(value)
        elif number <= _SHAPE_FIELD:
            raise RecordIOError(
                f"{where}: field {number} of the tensor has the wire type {wire}; the record is "
                "corrupt"
            )
    return tensor


def _message(
    payload: bytes, start: int, end: int, where: str
) -> Iterator[tuple[int, int, int, int]]:
    """Yield number, wire type and span of each field."""
    at = start
    while at < end:
        tag_at = at
        tag, at = _varint(payload, at, end, where)
        number, wire = tag >> 3, tag & 7
        if not 1 <= number <= _MAX_FIELD:
            raise RecordIOError(
                f"{where}: byte {tag_at} of the payload begins the impossible field {number}; "
                "the record is corrupt, or its length wrong"
            )
        if wire == _BYTES:
            length, first = _varint(payload, at, end, where)
            last = first + length
        elif wire == _VARINT:
            first, (_, last) = at, _varint(payload, at, end, where)
        elif wire in (_FIXED32, _FIXED64):
            first, last = at, at + (4 if wire == _FIXED32 else 8)
        else:
            raise RecordIOError(
                f"{where}: byte {tag_at} of the payload has the unknown wire type {wire}; not "
                "protobuf"
            )
        if last > end:
            raise RecordIOError(
                f"{where}: a field promises {last - first} bytes at byte {first} of the payload, "
                f"found {end - first}; the record is corrupt"
            )
        yield number, wire, first, last
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
            if number >> 64:
                raise RecordIOError(
                    f"{where}: the number that ends at byte {at} of the payload needs more than "
                    "64 bits; corrupt"
                )
            return number, at
    raise RecordIOError(f"{where}: a number does not end by byte {at} of the payload; corrupt")
