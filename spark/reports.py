"""What reading a piece found, and the accounting of all pieces and of what follows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from recommender.ratings.accounting import MAX_EXAMPLES
from recommender.ratings.blocks import ParsedBlock
from recommender.ratings.video_titles import VideoTitles
from recommender.reject_reasons import READER_REASONS, RejectReason
from spark.pieces import LINE_BITS, Piece


@dataclass(slots=True)
class PieceReport:
    """What became of a piece's lines.

    Attributes
    ----------
    number : int
        The piece's.
    read_as : str or None
        Name of the dialect; None: no ratings.
    first_line : int
        Number of the object's first line with a rating, from 1; told by its first piece.
    n_lines, n_rows : int
        Lines read; those that are not empty.
    rejected : dict
        For each of the readers' reasons, how many rows.
    lines : dict
        The first of them, as numbers of lines in the piece, from 0.
    has_titles : bool
        Whether it is a file of titles.
    titles : VideoTitles
        Tells which titles are new in the piece; stays in the task.
    """

    number: int
    read_as: str | None = None
    first_line: int = 1
    n_lines: int = 0
    n_rows: int = 0
    rejected: dict[RejectReason, int] = field(
        default_factory=lambda: dict.fromkeys(READER_REASONS, 0)
    )
    lines: dict[RejectReason, list[int]] = field(
        default_factory=lambda: {reason: [] for reason in READER_REASONS}
    )
    has_titles: bool = False
    titles: VideoTitles = field(default_factory=VideoTitles)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Undo `to_dict`."""
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Give what the driver needs."""
        return {
            "number": self.number,
            "read_as": self.read_as,
            "first_line": self.first_line,
            "n_lines": self.n_lines,
            "n_rows": self.n_rows,
            "rejected": self.rejected,
            "lines": self.lines,
            "has_titles": self.has_titles,
        }

    def start(self, read_as: str, first_line: int) -> None:
        """Begin an object of ratings."""
        self.read_as, self.first_line = read_as, first_line

    def add(self, block: ParsedBlock) -> int:
        """Count a block; give the number of its first line in the piece, from 0."""
        first = self.n_lines
        self.n_lines += block.n_lines
        self.n_rows += block.n_rows
        for reason, lines in block.rejected_lines.items():
            self.rejected[reason] += len(lines)
            room = MAX_EXAMPLES - len(self.lines[reason])
            self.lines[reason].extend((lines[:room] + first).tolist())
        return first


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows were dropped for a reason.

    Attributes
    ----------
    n_rows : int
    places : list of int
        The first `MAX_EXAMPLES`, ascending.
    """

    n_rows: int = 0
    places: list[int] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        places = sorted(self.places + other.places)[:MAX_EXAMPLES]
        return Tally(self.n_rows + other.n_rows, places)


class JobAccounting:
    """What became of every row of a job.

    Parameters
    ----------
    pieces : sequence of Piece
        All.
    reports : iterable of PieceReport
        Each piece's, in any order.

    Attributes
    ----------
    rows_read : int
    rejected : dict
        Rows dropped so far, by reason.
    """

    def __init__(self, pieces: Sequence[Piece], reports: Iterable[PieceReport]) -> None:
        self._pieces = pieces
        ordered = sorted(reports, key=lambda report: report.number)
        if [report.number for report in ordered] != [piece.number for piece in pieces]:
            raise ValueError(f"{len(pieces)} pieces were to be read, {len(ordered)} reported")
        self.rows_read = sum(report.n_rows for report in ordered)
        self.read_as = {report.read_as for report in ordered if report.read_as is not None}
        self.has_titles = any(report.has_titles for report in ordered)
        self._first_lines = _first_lines(pieces, ordered)
        self._tallies: dict[RejectReason, Tally] = {}
        for reason in READER_REASONS:
            tallies = [
                _tally(report, piece, reason) for report, piece in zip(ordered, pieces, strict=True)
            ]
            self.reject(reason, sum(tallies, Tally()))

    @classmethod
    def from_json(cls, pieces: Sequence[Piece], reports: Iterable[str]) -> Self:
        """Make it of reports as `spark.reading` writes them."""
        return cls(pieces, (PieceReport.from_dict(json.loads(text)) for text in reports))

    @property
    def rejected(self) -> dict[RejectReason, int]:
        """Rows dropped so far, by reason."""
        return {reason: tally.n_rows for reason, tally in self._tallies.items()}

    @property
    def n_kept(self) -> int:
        """Rows not dropped so far."""
        return self.rows_read - sum(self.rejected.values())

    @property
    def examples(self) -> dict[RejectReason, tuple[str, ...]]:
        """For each reason the first places, as ``file:line``."""
        return {
            reason: tuple(map(self._shown, tally.places)) for reason, tally in self._tallies.items()
        }

    def reject(self, reason: RejectReason, tally: Tally) -> None:
        """Count rows that are dropped."""
        self._tallies[reason] = self._tallies.get(reason, Tally()) + tally

    def _shown(self, place: int) -> str:
        number, line = place >> LINE_BITS, place & ((1 << LINE_BITS) - 1)
        return f"{self._pieces[number].source.uri}:{self._first_lines[number] + line}"


def _first_lines(pieces: Sequence[Piece], reports: Sequence[PieceReport]) -> list[int]:
    """Say for each piece which line of its object its line 0 is, from 1."""
    first_lines, next_line = [], 1
    for piece, report in zip(pieces, reports, strict=True):
        next_line = report.first_line if piece.is_first else next_line
        first_lines.append(next_line)
        next_line += report.n_lines
    return first_lines


def _tally(report: PieceReport, piece: Piece, reason: RejectReason) -> Tally:
    places = [piece.first_place + line for line in report.lines[reason]]
    return Tally(report.rejected[reason], places)
