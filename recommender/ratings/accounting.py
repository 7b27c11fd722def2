"""What became of every row."""

from __future__ import annotations

import bisect
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from recommender.errors import MalformedRatingsError
from recommender.reject_reasons import READER_REASONS, RejectReason

MAX_EXAMPLES = 20


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

    def check_share(self, max_rejected_ratio: float, *, where: str, read_as: str) -> None:
        """Refuse ratings of which too many cannot be used.

        Raises
        ------
        MalformedRatingsError
        """
        ratio = self.n_rejected / self.rows_read
        if ratio <= max_rejected_ratio:
            return
        examples = self.examples
        found = "; ".join(
            f"{count} {reason} (first at {', '.join(examples[reason][:3])})"
            for reason, count in self.rejected.items()
            if count
        )
        raise MalformedRatingsError(
            f"{where}: {self.n_rejected} of {self.rows_read} rows ({ratio:.2%}) cannot be used, at "
            f"most {max_rejected_ratio:.2%} may; read as {read_as}, found {found}; mend those "
            "rows, or check dataset.format and dataset.columns, or raise "
            "dataset.max_rejected_ratio"
        )

    def _place(self, line: int) -> str:
        file = bisect.bisect_right(self._file_starts, line) - 1
        return f"{self._file_names[file]}:{line - self._file_starts[file]}"
