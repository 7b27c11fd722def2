"""Where a file's bytes come from: memory, or a file read piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

# Readable bytes behind each chunk, so that a word may be fetched from anywhere in it.
PADDING_BYTES = 8

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some consecutive bytes of a file.

    Attributes
    ----------
    data : uint8 array
        At least `PADDING_BYTES` more than `size`; what these hold does not matter.
    size : int
    offset : int
        Where the chunk begins in the file.
    is_end : bool
        Whether the file ends with it.
    """

    data: Bytes
    size: int
    offset: int
    is_end: bool


class Source(Protocol):
    """A file that is read from front to back."""

    def chunk(self, offset: int, size: int) -> Chunk:
        """Return up to `size` bytes; fewer only at the file's end. `offset` never decreases."""


class MemorySource:
    """A whole file in memory, copied nowhere but at its end."""

    def __init__(self, buffer: bytes | bytearray | memoryview) -> None:
        self._data = np.frombuffer(buffer, dtype=np.uint8)

    def chunk(self, offset: int, size: int) -> Chunk:
        """Return up to `size` bytes from `offset` on."""
        stop = offset + size
        if stop + PADDING_BYTES <= len(self._data):
            return Chunk(self._data[offset : stop + PADDING_BYTES], size, offset, is_end=False)
        rest = self._data[offset:stop]
        padded = np.append(rest, np.zeros(PADDING_BYTES, dtype=np.uint8))
        return Chunk(padded, len(rest), offset, is_end=stop >= len(self._data))


class FileSource:
    """A binary file, of which one chunk is in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._last = Chunk(np.empty(0, dtype=np.uint8), 0, 0, is_end=False)

    def chunk(self, offset: int, size: int) -> Chunk:
        """Return up to `size` bytes from `offset` on, which lies in the last chunk or behind it."""
        rest = self._last.data[offset - self._last.offset : self._last.size]
        size = max(size, len(rest))
        data = np.empty(size + PADDING_BYTES, dtype=np.uint8)
        data[: len(rest)] = rest
        found, is_end = len(rest), self._last.is_end
        while found < size and not is_end:
            piece = self._file.read(size - found)
            data[found : found + len(piece)] = np.frombuffer(piece, dtype=np.uint8)
            found += len(piece)
            is_end = len(piece) == 0
        self._last = Chunk(data, found, offset, is_end)
        return self._last
