"""What is in a file: ratings, as lines of text, or titles of videos."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from recommender.file_signatures import PARQUET_MAGIC
from recommender.rating_formats import (
    TITLES_FORMATS,
    RatingField,
    RatingsDialect,
    RatingsFormat,
    column_positions,
    dialect_for_columns,
    header_names,
    recognise,
)
from recommender.ratings.background import in_background
from recommender.ratings.blocks import RatingsLayout
from recommender.ratings.compression import BLOCK_BYTES, decompress, is_compressed, read_head
from recommender.ratings.fields import FieldLayout
from recommender.ratings.lines import line_blocks
from recommender.titles import MAX_TITLES_BYTES, parse_titles


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What a person says about the files.

    Attributes
    ----------
    ratings_format : str or None
        None detects the format of each file.
    columns : mapping or None
        Field to column name, where it differs from the format's own.
    rating_range : tuple of float or None
        Smallest and largest acceptable rating, both included; None takes the format's.
    block_bytes : int
        Text handled at once.
    folder : Path or None
        For temporary files.
    """

    ratings_format: RatingsFormat | None = None
    columns: Mapping[RatingField, str] | None = None
    rating_range: tuple[float, float] | None = None
    block_bytes: int = BLOCK_BYTES
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class RatingsText:
    """Ratings as lines of text.

    Attributes
    ----------
    read_as : str
        Name of the dialect.
    layout : RatingsLayout
    first_line : int
        Number of the first line of `blocks` in the file, from 1.
    blocks : iterable of bytes
        Lines, each with its line feed.
    """

    read_as: str
    layout: RatingsLayout
    first_line: int
    blocks: Iterable[bytes]


@contextmanager
def open_file(
    stream: BinaryIO, options: ReadingOptions, *, where: str
) -> Iterator[RatingsText | Mapping[str, str] | None]:
    """Look into a file and make it ready to be read.

    Parameters
    ----------
    stream : binary file
        Plain, compressed by gzip or zstd, or Parquet, told by content.
    options : ReadingOptions
    where : str
        Names the file in messages.

    Yields
    ------
    RatingsText, mapping or None
        Ratings; titles by ``video_id``; None if the file is empty or, like MovieLens' table of
        customers, of no use.

    Raises
    ------
    RatingsFormatError
        If the file is of no known format, or lacks a needed column, or is corrupt.
    """
    head = read_head(stream)
    if is_parquet(head):
        yield from _open_parquet(head, stream, options, where)
        return
    plain = decompress(head, stream, where=where, block_bytes=options.block_bytes)
    with closing(in_background(line_blocks(plain, where=where))) as blocks:
        yield _open_text(blocks, options, where)


def first_lines(stream: BinaryIO, n_bytes: int, *, where: str) -> tuple[bytes, bool]:
    """Give the beginning of a file, uncompressed, to look into before it is read.

    Parameters
    ----------
    stream : binary file
    n_bytes : int
        Text to give, or a little less; a longer first line makes it longer.
    where : str
        Names the file in messages.

    Returns
    -------
    content : bytes
        Whole lines. Of Parquet, whose table of contents is at its end, all of it.
    is_whole : bool
        Whether that is all of the file.
    """
    head = read_head(stream)
    if is_parquet(head):
        return head + stream.read(), True
    blocks = line_blocks(decompress(head, stream, where=where, block_bytes=n_bytes), where=where)
    return next(blocks, b""), next(blocks, None) is None


def is_splittable(head: bytes) -> bool:
    """Tell by its first bytes a file that can be read from the middle: text as it is."""
    return not is_parquet(head) and not is_compressed(head)


def is_parquet(head: bytes) -> bool:
    """Tell Parquet by its first bytes."""
    return head.startswith(PARQUET_MAGIC)


def _open_text(
    blocks: Iterator[bytes], options: ReadingOptions, where: str
) -> RatingsText | Mapping[str, str] | None:
    first, n_blank = _first_filled(blocks)
    if not first:
        return None
    line, _, rest = first.partition(b"\n")
    text = line.decode(errors="replace")
    found = recognise(
        text, where=where, ratings_format=options.ratings_format, columns=options.columns
    )
    if isinstance(found, RatingsDialect):
        return RatingsText(
            read_as=found.name,
            layout=_layout(header_names(text, found), found, options, where),
            first_line=n_blank + (1 if found.headless else 2),
            blocks=chain([first if found.headless else rest], blocks),
        )
    if found in TITLES_FORMATS:
        return parse_titles(_all_of(chain([first], blocks)), found, where=where)
    return None


def _all_of(blocks: Iterable[bytes]) -> bytes:
    """Join the blocks of a titles file, only a little more than what will be refused."""
    content = io.BytesIO()
    for block in blocks:
        content.write(block)
        if content.tell() > MAX_TITLES_BYTES:
            break
    return content.getvalue()


def _open_parquet(
    head: bytes, stream: BinaryIO, options: ReadingOptions, where: str
) -> Iterator[RatingsText]:
    # Loads DuckDB, of which text needs neither the memory nor the time.
    from recommender.ratings import parquet

    with parquet.local_copy(head, stream, where=where, folder=options.folder) as path:
        names = parquet.column_names(path, where=where)
        dialect = dialect_for_columns(
            names, where=where, ratings_format=options.ratings_format, columns=options.columns
        )
        positions = column_positions(names, dialect, where=where)
        fields = {field: names[at] for field, at in positions.items()}
        text = parquet.write_text(path, fields, where=where)
        layout = FieldLayout(
            len(fields), tuple(range(len(fields))), parquet.DELIMITER, quoting=False
        )
        limits = options.rating_range or dialect.rating_range
        with text.open("rb") as file:
            plain = iter(partial(file.read, options.block_bytes), b"")
            with closing(in_background(line_blocks(plain, where=where))) as blocks:
                yield RatingsText(
                    dialect.name, RatingsLayout(layout, tuple(fields), limits), 1, blocks
                )


def _layout(
    header: Sequence[str], dialect: RatingsDialect, options: ReadingOptions, where: str
) -> RatingsLayout:
    positions = column_positions(header, dialect, where=where)
    fields = FieldLayout(
        len(header), tuple(positions.values()), dialect.delimiter, quoting=dialect.quoting
    )
    return RatingsLayout(fields, tuple(positions), options.rating_range or dialect.rating_range)


def _first_filled(blocks: Iterator[bytes]) -> tuple[bytes, int]:
    """Give the first block from its first line that is not empty, and how many were before."""
    n_blank = 0
    for block in blocks:
        filled = block.lstrip(b"\n")
        n_blank += len(block) - len(filled)
        if filled:
            return filled, n_blank
    return b"", n_blank
