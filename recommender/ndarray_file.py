"""Named arrays in MXNet's binary format, as in a ``.params`` file.

Layout after ``NDArray::Save`` in MXNet 1.x (``src/ndarray/ndarray.cc``), all little-endian:
``u64 0x112, u64 0, u64 count, arrays, u64 count, names``; a name is ``u64 length, bytes``; an
array is ``u32 0xF993FAC9, i32 storage type, [storage shape if sparse], shape, i32 device type,
i32 device id, i32 element type, [aux type and shape if sparse], elements, [aux elements]``; a
shape is ``u32 dimensions, i64 each``. Storage types: 0 dense, 1 row-sparse (aux: row numbers).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.errors import ModelArtifactError

LIST_MAGIC = 0x112
ARRAY_MAGIC = 0xF993FAC9
_DENSE, _ROW_SPARSE = 0, 1
_CPU = 1
_ELEMENT_TYPES = {0: "<f4", 1: "<f8", 2: "<f2", 3: "|u1", 4: "<i4", 5: "|i1", 6: "<i8"}
_MAX_DIMENSIONS = 32


def format_arrays(arrays: Mapping[str, npt.NDArray[np.float32]]) -> bytes:
    """Write named dense arrays, cast to float32, in the order of the mapping."""
    parts: list[bytes | memoryview] = [struct.pack("<QQQ", LIST_MAGIC, 0, len(arrays))]
    for array in arrays.values():
        parts.append(struct.pack("<Ii", ARRAY_MAGIC, _DENSE))
        parts.append(struct.pack(f"<I{array.ndim}q", array.ndim, *array.shape))
        parts.append(struct.pack("<iii", _CPU, 0, 0))
        parts.append(np.ascontiguousarray(array, dtype="<f4").data)
    parts.append(struct.pack("<Q", len(arrays)))
    for name in arrays:
        content = name.encode()
        parts.append(struct.pack("<Q", len(content)) + content)
    return b"".join(parts)


def parse_arrays(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Read named arrays; row-sparse ones become dense.

    Parameters
    ----------
    content : bytes
        Untrusted: no length in it is believed before it was compared with what is there.

    Raises
    ------
    ModelArtifactError
        If the content is not of this format, or ends early; says at which byte.
    """
    reader = _Reader(content)
    magic, _ = reader.unpack("<QQ")
    if magic != LIST_MAGIC:
        raise ModelArtifactError(
            f"expected MXNet arrays (magic {LIST_MAGIC:#x}), found {magic:#x}; not a params file"
        )
    arrays = [_array(reader) for _ in range(reader.count())]
    names = [reader.take(reader.count()).decode("utf-8", "replace") for _ in range(reader.count())]
    if len(names) != len(arrays) or len(set(names)) != len(names):
        raise ModelArtifactError(
            f"expected a name of its own for each of {len(arrays)} arrays, found {names}"
        )
    return dict(zip(names, arrays, strict=True))


def _array(reader: _Reader) -> npt.NDArray[Any]:
    at = reader.at
    magic, storage = reader.unpack("<Ii")
    if magic != ARRAY_MAGIC or storage not in (_DENSE, _ROW_SPARSE):
        raise ModelArtifactError(
            f"byte {at}: expected a dense or row-sparse array (magic {ARRAY_MAGIC:#x}, storage 0 "
            f"or 1), found magic {magic:#x}, storage {storage}"
        )
    stored_shape = reader.shape() if storage == _ROW_SPARSE else None
    shape = reader.shape()
    if not shape:
        return np.zeros(0, dtype=np.float32)
    reader.unpack("<ii")
    element_type = reader.element_type()
    if stored_shape is None:
        return reader.elements(element_type, shape)
    row_type, row_shape = reader.element_type(), reader.shape()
    stored = reader.elements(element_type, stored_shape)
    rows = reader.elements(row_type, row_shape)
    return _to_dense(stored, rows, shape, at)


def _to_dense(
    stored: npt.NDArray[Any], rows: npt.NDArray[Any], shape: tuple[int, ...], at: int
) -> npt.NDArray[Any]:
    # An array that is sparse in the file may be of any size in memory: refuse bombs.
    is_sound = stored.shape == (*rows.shape, *shape[1:]) and np.prod(shape) <= _MAX_ELEMENTS
    if not is_sound or (len(rows) and not 0 <= rows.min() <= rows.max() < shape[0]):
        raise ModelArtifactError(
            f"byte {at}: a row-sparse array of shape {shape} holds rows of shape {stored.shape} "
            f"at {rows.shape} places that do not fit"
        )
    dense = np.zeros(shape, dtype=stored.dtype)
    dense[rows.astype(np.int64)] = stored
    return dense


_MAX_ELEMENTS = 1 << 30


class _Reader:
    """A position in untrusted bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def take(self, n_bytes: int) -> bytes:
        if n_bytes > len(self.content) - self.at:
            raise ModelArtifactError(
                f"byte {self.at}: expected {n_bytes} more bytes, found "
                f"{len(self.content) - self.at}; the params file is truncated or corrupt"
            )
        taken = self.content[self.at : self.at + n_bytes]
        self.at += n_bytes
        return taken

    def unpack(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def count(self) -> int:
        """Read a number of things that take at least a byte each."""
        (count,) = self.unpack("<Q")
        if count > len(self.content) - self.at:
            raise ModelArtifactError(
                f"byte {self.at - 8}: {count} is more than the rest of the file can hold; the "
                "params file is corrupt"
            )
        return int(count)

    def shape(self) -> tuple[int, ...]:
        (n_dimensions,) = self.unpack("<I")
        if n_dimensions > _MAX_DIMENSIONS:
            raise ModelArtifactError(
                f"byte {self.at - 4}: expected at most {_MAX_DIMENSIONS} dimensions, found "
                f"{n_dimensions}; the params file is corrupt"
            )
        shape = self.unpack(f"<{n_dimensions}q")
        if any(size < 0 for size in shape):
            raise ModelArtifactError(f"byte {self.at}: a shape is negative: {shape}")
        return shape

    def element_type(self) -> str:
        (flag,) = self.unpack("<i")
        if flag not in _ELEMENT_TYPES:
            raise ModelArtifactError(f"byte {self.at - 4}: unknown element type {flag}")
        return _ELEMENT_TYPES[flag]

    def elements(self, element_type: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        n_elements = 1
        for size in shape:
            n_elements *= size  # Python integers: no overflow
        content = self.take(n_elements * np.dtype(element_type).itemsize)
        return np.frombuffer(content, dtype=element_type).reshape(shape)
