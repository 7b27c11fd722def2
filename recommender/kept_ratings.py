"""Ratings that are gone through again and again: in memory, or on disk if they are many."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

import numpy as np

from recommender.errors import RatingsTooLargeError
from recommender.tables import RatingsColumns

BYTES_PER_ROW = 12
# 1.5 MiB: what is computed of a block stays in the processor's caches.
BLOCK_ROWS = 131_072


class KeptRatings:
    """Ratings without their times, written once and read in blocks, in their order.

    Parameters
    ----------
    folder : Path
        On the disk to use.
    n_ratings : int
        How many will be added: 12 bytes each.
    memory_bytes : int
        Up to so many bytes are kept in memory, more go to a file without a name.

    Raises
    ------
    RatingsTooLargeError
        If they fit neither.
    """

    def __init__(self, folder: Path, *, n_ratings: int, memory_bytes: int) -> None:
        n_bytes = n_ratings * BYTES_PER_ROW
        self._lengths: list[int] = []
        if n_bytes <= memory_bytes:
            self._file: io.BytesIO | io.BufferedRandom = io.BytesIO()
            return
        free_bytes = shutil.disk_usage(folder).free
        if n_bytes > free_bytes:
            raise RatingsTooLargeError(
                f"{n_ratings} ratings take {n_bytes >> 20} MiB, more than the {memory_bytes >> 20} "
                f"MiB of memory and the {free_bytes >> 20} MiB of disk that there are for them; "
                "give the function a larger disk"
            )
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def fill(self, parts: Iterable[RatingsColumns]) -> None:
        """Add ratings; one part at a time is held besides."""
        self._file.seek(0, io.SEEK_END)
        for part in parts:
            for start in range(0, len(part), BLOCK_ROWS):
                block = part[start : start + BLOCK_ROWS]
                for values, dtype in (
                    (block.user_index, np.int32),
                    (block.item_index, np.int32),
                    (block.rating, np.float32),
                ):
                    self._file.write(np.ascontiguousarray(values, dtype=dtype).data)
                self._lengths.append(len(block))

    def __iter__(self) -> Iterator[RatingsColumns]:
        """Give all ratings from the first on, in blocks."""
        self._file.seek(0)
        for length in self._lengths:
            content = self._file.read(length * BYTES_PER_ROW)
            columns = np.frombuffer(content, dtype=np.int32).reshape(3, length)
            yield RatingsColumns(columns[0], columns[1], columns[2].view(np.float32), None)
