"""Where a file's bytes come from: memory, or a file read piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some consecutive bytes of a file.

    Attributes
    ----------
    data : uint8 array
    offset : int
        Where the chunk begins in the file.
    is_end : bool
        Whether the file ends with it.
    """

    data: npt.NDArray[np.uint8]
    offset: int
    is_end: bool

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data)


class Source(Protocol):
    """A file that is read from front to back."""

    def chunk(self, offset: int, size: int) -> Chunk:
        """Return `size` bytes or more; fewer only at the file's end. `offset` never decreases."""


class MemorySource:
    """A whole file in memory, copied nowhere."""

    def __init__(self, buffer: bytes | bytearray | memoryview) -> None:
        self._data = np.frombuffer(buffer, dtype=np.uint8)

    def chunk(self, offset: int, size: int) -> Chunk:  # noqa: ARG002 - as much as there is
        """Return all bytes from `offset` on."""
        return Chunk(self._data[offset:], offset, is_end=True)


class FileSource:
    """A binary file, of which one chunk is in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._last = Chunk(np.empty(0, dtype=np.uint8), 0, is_end=False)

    def chunk(self, offset: int, size: int) -> Chunk:
        """Return up to `size` bytes from `offset` on, which lies in the last chunk or behind it."""
        rest = self._last.data[offset - self._last.offset :]
        data = np.empty(max(size, len(rest)), dtype=np.uint8)
        data[: len(rest)] = rest
        found, is_end = len(rest), self._last.is_end
        while found < len(data) and not is_end:
            piece = self._file.read(len(data) - found)
            data[found : found + len(piece)] = np.frombuffer(piece, dtype=np.uint8)
            found += len(piece)
            is_end = len(piece) == 0
        self._last = Chunk(data[:found], offset, is_end)
        return self._last
