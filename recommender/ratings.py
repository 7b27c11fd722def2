"""Ratings files into one table, with every row accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO, cast, get_args

import pandas as pd

from recommender.delimited import (
    BLOCK_BYTES,
    LineBlock,
    first_line,
    line_blocks,
    open_text,
    split_fields,
    split_line,
    without_blank_head,
    without_first_line,
)
from recommender.errors import EmptyRatingsError, MalformedRatingsError, RatingsFormatError
from recommender.rating_blocks import MAX_EXAMPLES, ParsedBlock, RejectReason, parse_block
from recommender.rating_formats import (
    RatingField,
    RatingsDialect,
    RatingsFormat,
    TitlesFormat,
    column_positions,
    detect,
    dialect_for,
)
from recommender.titles import merge, parse_titles

_TITLES_FORMATS = get_args(TitlesFormat)
MAX_REJECTED_RATIO = 0.01


@dataclass(frozen=True, slots=True)
class RatingsSource:
    """A file to read: what to call it in messages, and how to open it (in binary)."""

    name: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class RatingsTable:
    """Ratings, and what became of every row that was read.

    Attributes
    ----------
    frame : DataFrame
        ``customer_id`` (str), ``video_id`` (str), ``rating`` (float32), ``timestamp`` (Int64,
        seconds since 1970 UTC, may be missing), ``title`` (str, may be missing).
    rows_read : int
        Rows found in the files, headers and empty lines not counted.
    rejected : mapping
        Rows dropped so far, by reason; ``rows_read == len(frame) + sum(rejected.values())``.
    examples : mapping
        For each reason of the reader up to 20 places, as ``file:line``.
    """

    frame: pd.DataFrame
    rows_read: int
    rejected: Mapping[RejectReason, int]
    examples: Mapping[RejectReason, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n_rejected = sum(self.rejected.values())
        if self.rows_read != len(self.frame) + n_rejected:
            raise ValueError(
                f"{self.rows_read} rows were read, but {len(self.frame)} kept and "
                f"{n_rejected} rejected: rows got lost"
            )


def read_ratings(
    sources: Sequence[RatingsSource],
    *,
    ratings_format: RatingsFormat | None = None,
    columns: Mapping[RatingField, str] | None = None,
    rating_range: tuple[float, float] | None = None,
    max_rejected_ratio: float = MAX_REJECTED_RATIO,
    block_bytes: int = BLOCK_BYTES,
) -> RatingsTable:
    """Read ratings files, and titles files beside them, into one table.

    Parameters
    ----------
    sources : sequence of RatingsSource
        Plain or gzipped, told by content. Titles files (RecBole ``.item``, ``u.item``,
        ``movies.csv``) are recognised and give the titles that the ratings lack; RecBole's
        ``.user`` is recognised and passed over.
    ratings_format : str or None
        None detects the format of each file.
    columns : mapping or None
        Field to column name, where it differs from the format's own.
    rating_range : tuple of float or None
        Smallest and largest acceptable rating, both included; None takes the format's.
    max_rejected_ratio : float
        Largest acceptable share of rejected rows, in [0, 1].
    block_bytes : int
        Text held in memory at once, in bytes.

    Returns
    -------
    RatingsTable
        Rows in the order of the sources and of their lines.

    Raises
    ------
    RatingsFormatError
        If a file is of no known format, or lacks a needed column, or is corrupt.
    EmptyRatingsError
        If there is no row at all.
    MalformedRatingsError
        If more rows than `max_rejected_ratio` had to be rejected.
    """
    blocks: list[ParsedBlock] = []
    titles: list[Mapping[str, str]] = []
    dialects: list[RatingsDialect] = []
    for source in sources:
        with source.open() as raw:
            stream = line_blocks(open_text(raw), where=source.name, block_bytes=block_bytes)
            head = next((block for block in map(without_blank_head, stream) if block.data), None)
            if head is None:
                continue
            line = first_line(head)
            found = detect(line)
            if found in ("customers-user", "tags-csv", "links-csv"):
                continue
            if found in _TITLES_FORMATS:
                content = b"".join(block.data for block in chain([head], stream))
                titles.append(parse_titles(content, cast(TitlesFormat, found), where=source.name))
                continue
            dialect = dialect_for(
                line, where=source.name, ratings_format=ratings_format, columns=columns
            )
            dialects.append(dialect)
            limits = rating_range or dialect.rating_range
            blocks += _parse_file(chain([head], stream), dialect, limits, source.name)
    names = _names(sources)
    if not dialects and titles:
        raise RatingsFormatError(
            f"{names}: expected ratings, found only titles of videos; put the ratings file beside"
        )
    table = _assemble(blocks, merge(titles))
    if table.rows_read == 0:
        raise EmptyRatingsError(
            f"{names}: expected ratings, found no row; check that the right file was copied whole"
        )
    _check_share(table, names, dialects, max_rejected_ratio)
    return table


def _parse_file(
    blocks: Iterator[LineBlock],
    dialect: RatingsDialect,
    limits: tuple[float, float],
    name: str,
) -> Iterator[ParsedBlock]:
    head = next(blocks)
    if dialect.headless:
        header = list(dialect.headless)
    else:
        header = split_line(first_line(head), delimiter=dialect.delimiter, quoting=dialect.quoting)
        head = without_first_line(head)
    positions = column_positions(header, dialect, where=name)
    for block in chain([head], blocks):
        fields = split_fields(
            block,
            n_fields=len(header),
            positions=list(positions.values()),
            delimiter=dialect.delimiter,
            quoting=dialect.quoting,
        )
        yield parse_block(fields, positions, limits, name)


def _assemble(blocks: Sequence[ParsedBlock], titles: Mapping[str, str]) -> RatingsTable:
    reasons: tuple[RejectReason, ...] = ("malformed", "missing_value", "rating_out_of_range")
    frames = [block.frame for block in blocks]
    frame = pd.concat(frames, ignore_index=True) if frames else _empty_frame()
    if titles:
        looked_up = frame["video_id"].map(titles)
        frame["title"] = frame["title"].fillna(looked_up).astype("str")
    return RatingsTable(
        frame=frame,
        rows_read=sum(block.n_rows for block in blocks),
        rejected={reason: sum(block.rejected[reason] for block in blocks) for reason in reasons},
        examples={
            reason: tuple(chain(*(block.rejected_places[reason] for block in blocks)))[
                :MAX_EXAMPLES
            ]
            for reason in reasons
        },
    )


def _empty_frame() -> pd.DataFrame:
    dtypes = {
        "customer_id": "str",
        "video_id": "str",
        "rating": "float32",
        "timestamp": "Int64",
        "title": "str",
    }
    return pd.DataFrame({name: pd.Series([], dtype=dtype) for name, dtype in dtypes.items()})


def _check_share(
    table: RatingsTable,
    names: str,
    dialects: Sequence[RatingsDialect],
    max_rejected_ratio: float,
) -> None:
    n_rejected = sum(table.rejected.values())
    ratio = n_rejected / table.rows_read
    if ratio <= max_rejected_ratio:
        return
    found = "; ".join(
        f"{count} {reason} (first at {', '.join(table.examples[reason][:3])})"
        for reason, count in table.rejected.items()
        if count
    )
    read_as = ", ".join(sorted({dialect.name for dialect in dialects}))
    raise MalformedRatingsError(
        f"{names}: {n_rejected} of {table.rows_read} rows ({ratio:.2%}) cannot be used, at most "
        f"{max_rejected_ratio:.2%} may; read as {read_as}, found {found}; mend those rows, or "
        "check dataset.format and dataset.columns"
    )


def _names(sources: Sequence[RatingsSource]) -> str:
    names = [source.name for source in sources]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
