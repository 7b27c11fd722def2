"""Room for the work: memory and local disk, and whether the ratings will fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from recommender.errors import PREPARE_WITH_SPARK, RatingsTooLargeError
from recommender.ratings.rows import ROW_BYTES

# Numbering the ids of all chunks takes their words once more, and this for hashes, their order,
# codes and tables: what was measured at 16 M rows.
_MERGE_BYTES_PER_ID = 32
# Rows are written as read, once more by customer, and once more in their final order.
_COPIES_ON_DISK = 3
# Before that much is read, what the rest will need is a guess.
_MIN_FRACTION = 0.02
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Workspace:
    """What the work may use.

    Attributes
    ----------
    ids_bytes : int
        Memory for telling ids apart.
    rows_bytes : int
        Memory for rows at rest; there may be two such stores at a time.
    working_bytes : int
        Memory for a partition of the rows while it is worked on.
    disk_bytes : int or None
        Local disk for what does not fit the memory; None: not limited.
    folder : Path or None
        Where temporary files go; None: the system's folder for such.
    """

    ids_bytes: int = 2 << 30
    rows_bytes: int = 1 << 29
    working_bytes: int = 1 << 30
    disk_bytes: int | None = None
    folder: Path | None = None

    @classmethod
    def within(cls, memory_bytes: int, *, disk_bytes: int | None, folder: Path | None) -> Self:
        """Share out memory.

        Ids need theirs before, and keep a third of it while, partitions are worked on.

        Parameters
        ----------
        memory_bytes : int
            Beside what Python and its libraries take.
        disk_bytes : int or None
        folder : Path or None
        """
        return cls(memory_bytes // 2, memory_bytes // 6, memory_bytes // 3, disk_bytes, folder)

    def check(self, *, n_rows: int, n_ids: int, id_bytes: int, fraction: float | None) -> None:
        """Refuse ratings that will not fit, as soon as that is known.

        Parameters
        ----------
        n_rows, n_ids, id_bytes : int
            Rows so far; ids of customers or of videos, whichever are more, summed over the
            chunks; bytes of the words of both.
        fraction : float or None
            Which part of the input they come from, in (0, 1]; None: unknown.

        Raises
        ------
        RatingsTooLargeError
        """
        is_guess = fraction is None or fraction < _MIN_FRACTION
        scale = 1.0 if is_guess or fraction is None else 1.0 / fraction
        ids = scale * (2 * id_bytes + _MERGE_BYTES_PER_ID * n_ids)
        rows = scale * n_rows * ROW_BYTES
        problems = []
        if ids > self.ids_bytes:
            problems.append(
                f"{ids / _MIB:,.0f} MiB of memory for ids, of which "
                f"{self.ids_bytes / _MIB:,.0f} MiB are there"
            )
        disk = _COPIES_ON_DISK * rows if rows > self.rows_bytes else 0
        if self.disk_bytes is not None and disk > self.disk_bytes:
            problems.append(
                f"{disk / _MIB:,.0f} MiB of local disk, of which {self.disk_bytes / _MIB:,.0f} "
                "MiB are there"
            )
        if problems:
            raise RatingsTooLargeError(
                f"about {scale * n_rows:,.0f} ratings need {' and '.join(problems)}; give the "
                f"function more memory or ephemeral storage, or {PREPARE_WITH_SPARK}"
            )
