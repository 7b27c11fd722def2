"""The lines that begin in a part of a text file, so that several can read it at once."""

from __future__ import annotations

from typing import Protocol

_READ_BYTES = 1 << 20


class Stream(Protocol):
    """What can be read from front to back."""

    def read(self, n_bytes: int = -1, /) -> bytes:
        """Give the next bytes, at most so many; none at the end."""


class LineRange:
    """The lines whose first byte is at `begin` or behind it, and before `end`, as a stream.

    The ranges of a file that follow each other give each of its lines once.

    Parameters
    ----------
    stream : Stream
        The file from `start_of` on.
    begin, end : int
        Bytes of the file.
    """

    def __init__(self, stream: Stream, begin: int, end: int) -> None:
        self._stream = stream
        self._at = self.start_of(begin)
        self._end = end
        self._pending = self._skip_line() if begin else b""
        self._is_done = self._at >= end

    @staticmethod
    def start_of(begin: int) -> int:
        """Say from which byte on the file is needed: whether a line ends before `begin` counts."""
        return max(0, begin - 1)

    def read(self, n_bytes: int = _READ_BYTES, /) -> bytes:
        """Give the next bytes, `n_bytes` or fewer; none at the end."""
        if self._is_done:
            return b""
        content, self._pending = self._pending, b""
        content = content or self._stream.read(n_bytes)
        if len(content) > n_bytes:
            content, self._pending = content[:n_bytes], content[n_bytes:]
        # The last line is the one that holds the byte before the end.
        last = self._end - 1 - self._at
        cut = content.find(b"\n", max(0, last)) + 1 if last < len(content) else 0
        if cut:
            content = content[:cut]
        self._is_done = bool(cut) or not content
        self._at += len(content)
        return content

    def _skip_line(self) -> bytes:
        """Pass the rest of the line that began before; give what was read behind it."""
        while content := self._stream.read(_READ_BYTES):
            cut = content.find(b"\n") + 1
            if cut:
                self._at += cut
                return content[cut:]
            self._at += len(content)
        return b""
