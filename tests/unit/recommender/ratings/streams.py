"""Streams that behave as those of a network."""

import io


class SmallReads(io.BytesIO):
    """Gives at most `n_bytes` at a time."""

    def __init__(self, content: bytes, n_bytes: int = 1 << 20) -> None:
        super().__init__(content)
        self._n_bytes = n_bytes

    def read(self, n_bytes: int | None = -1, /) -> bytes:
        is_all = n_bytes is None or n_bytes < 0
        return super().read(self._n_bytes if is_all else min(n_bytes, self._n_bytes))


class Watched(io.BytesIO):
    """Counts what is read, and may break."""

    def __init__(self, content: bytes, breaks_after: int | None = None) -> None:
        super().__init__(content)
        self.n_read = 0
        self._breaks_after = breaks_after

    def read(self, n_bytes: int | None = -1, /) -> bytes:
        if self._breaks_after is not None and self.n_read > self._breaks_after:
            raise ConnectionResetError("gone")
        content = super().read(n_bytes)
        self.n_read += len(content)
        return content
