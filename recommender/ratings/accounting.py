"""What became of every row."""

from __future__ import annotations

import bisect
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recommender.errors import EmptyRatingsError, MalformedRatingsError, RatingsFormatError
from recommender.reject_reasons import READER_REASONS, RejectReason

MAX_EXAMPLES = 20


class RowsAccounted(Protocol):
    """What became of every row, however it was counted."""

    @property
    def rows_read(self) -> int:
        """Lines that are no header and not empty."""

    @property
    def rejected(self) -> Mapping[RejectReason, int]:
        """Rows dropped so far, by reason."""

    @property
    def examples(self) -> Mapping[RejectReason, Sequence[str]]:
        """For each reason the first places, `MAX_EXAMPLES` at most, as ``file:line``."""


def check_read(
    accounting: RowsAccounted,
    max_rejected_ratio: float,
    *,
    where: str,
    read_as: Collection[str],
    has_titles: bool,
) -> None:
    """Refuse what was read, before it is worked on, if it cannot be used.

    Parameters
    ----------
    accounting : RowsAccounted
    max_rejected_ratio : float
        Largest acceptable share of rejected rows, in [0, 1].
    where : str
        Names the files in messages.
    read_as : collection of str
        Dialects of the files of ratings; empty if there was none.
    has_titles : bool
        Whether there was a file of titles.

    Raises
    ------
    RatingsFormatError
        If there were titles only.
    EmptyRatingsError
        If there was no row at all.
    MalformedRatingsError
        If more rows than `max_rejected_ratio` had to be rejected.
    """
    if has_titles and not read_as:
        raise RatingsFormatError(
            f"{where}: expected ratings, found only titles of videos; put the ratings file beside"
        )
    if accounting.rows_read == 0:
        raise EmptyRatingsError(
            f"{where}: expected ratings, found no row; check that the right file was copied whole"
        )
    n_rejected = sum(accounting.rejected.values())
    ratio = n_rejected / accounting.rows_read
    if ratio <= max_rejected_ratio:
        return
    examples = accounting.examples
    found = "; ".join(
        f"{count} {reason} (first at {', '.join(examples[reason][:3])})"
        for reason, count in accounting.rejected.items()
        if count
    )
    raise MalformedRatingsError(
        f"{where}: {n_rejected} of {accounting.rows_read} rows ({ratio:.2%}) cannot be used, at "
        f"most {max_rejected_ratio:.2%} may; read as {', '.join(sorted(read_as))}, found {found}; "
        "mend those rows, or check dataset.format and dataset.columns, or raise "
        "dataset.max_rejected_ratio"
    )


class Accounting:
    """Counts rows while they are read and cleansed.

    Lines are numbered through all files, so that a number is enough to find a row again.

    Attributes
    ----------
    rows_read : int
        Lines that are no header and not empty.
    rejected : dict
        Rows dropped so far, by reason.
    """

    def __init__(self) -> None:
        self.rows_read = 0
        self.rejected: dict[RejectReason, int] = dict.fromkeys(READER_REASONS, 0)
        self._lines: dict[RejectReason, list[int]] = {}
        self._file_starts: list[int] = []
        self._file_names: list[str] = []
        self._next_line = 0

    @property
    def n_rejected(self) -> int:
        """Rows dropped so far, for whatever reason."""
        return sum(self.rejected.values())

    @property
    def examples(self) -> Mapping[RejectReason, tuple[str, ...]]:
        """For each reason the first places, 20 at most, as ``file:line``."""
        return {
            reason: tuple(map(self._place, sorted(self._lines.get(reason, ()))[:MAX_EXAMPLES]))
            for reason in self.rejected
        }

    def start_file(self, name: str, first_line: int) -> None:
        """Begin a file whose first line with a rating is `first_line`, from 1."""
        self._file_names.append(name)
        self._file_starts.append(self._next_line)
        self._next_line += first_line

    def add_lines(self, n_lines: int) -> int:
        """Number the lines of the next block; give the number of the first."""
        first = self._next_line
        self._next_line += n_lines
        return first

    def reject(self, reason: RejectReason, lines: npt.NDArray[np.integer]) -> None:
        """Count rows that are dropped.

        Parameters
        ----------
        reason : str
        lines : int array
            Numbers of their lines, ascending.
        """
        self.rejected[reason] = self.rejected.get(reason, 0) + len(lines)
        self._lines.setdefault(reason, []).extend(lines[:MAX_EXAMPLES].tolist())

    def _place(self, line: int) -> str:
        file = bisect.bisect_right(self._file_starts, line) - 1
        return f"{self._file_names[file]}:{line - self._file_starts[file]}"
