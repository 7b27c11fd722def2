"""Raw ratings into rows, piece by piece, by the functions' own readers."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO, cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from recommender.errors import RatingsFormatError, RatingsTooLargeError
from recommender.ratings.blocks import ParsedBlock, RatingsLayout, parse_block
from recommender.ratings.compression import BLOCK_BYTES, read_head
from recommender.ratings.files import (
    RatingsText,
    ReadingOptions,
    is_splittable,
    open_file,
)
from recommender.ratings.line_range import LineRange, Stream
from recommender.ratings.lines import line_blocks
from recommender.ratings.video_titles import VideoTitles
from spark.arrow_texts import sparse_binary, strings
from spark.objects import RatingsObject
from spark.pieces import LINE_BITS, TITLES_FILE_PLACE, Piece
from spark.reports import PieceReport
from spark.request import Reading

# A rating; or a title without a rating; or, once for each piece, a report without either. Where
# ratings bring titles, those that are new in the piece are on the row of the rating.
_SCHEMA = pa.schema(
    [
        ("customer", pa.string()),
        ("video", pa.string()),
        ("rating", pa.float32()),
        ("timestamp", pa.int64()),
        ("place", pa.int64()),
        ("title", pa.binary()),
        ("report", pa.string()),
    ]
)
_COLUMNS = (
    "customer string, video string, rating float, timestamp long, place long, title binary, "
    "report string"
)
_HEAD_BYTES = 1 << 20


def read_pieces(spark: SparkSession, pieces: Sequence[Piece], reading: Reading) -> DataFrame:
    """Read pieces of objects, a task for each.

    Returns
    -------
    DataFrame
        ``customer``, ``video``: ids, ``customer`` NULL where the row is none of a rating;
        ``rating``; ``timestamp`` in seconds since 1970 UTC, `NO_TIMESTAMP` if unknown; ``place``,
        see `spark.pieces`; ``title``: the video's, as bytes, or NULL; ``report``: a
        `PieceReport` as JSON, or NULL.

    Raises (in the tasks)
    ---------------------
    RatingsFormatError
        If an object is of no known format, or lacks a needed column, is corrupt, or has been
        replaced since it was listed.
    """

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from read_piece(pieces[number], reading)

    numbers = spark.range(0, len(pieces), 1, max(1, len(pieces)))
    return numbers.mapInArrow(read, _COLUMNS)


def read_piece(piece: Piece, reading: Reading) -> Iterator[pa.RecordBatch]:
    """Read one piece: its ratings block by block, then its report."""
    options = ReadingOptions(reading.ratings_format, reading.columns, reading.rating_range)
    report = PieceReport(piece.number)
    if piece.is_whole:
        yield from _read_first(piece, piece.source.read_from(0), options, report)
    else:
        yield from _read_part(piece, options, report)
    yield _batch(1, report=pa.array([json.dumps(report.to_dict())]))


def _read_first(
    piece: Piece, stream: Stream, options: ReadingOptions, report: PieceReport
) -> Iterator[pa.RecordBatch]:
    """Read an object, or its first lines."""
    with open_file(cast(BinaryIO, stream), options, where=piece.source.uri) as content:
        if isinstance(content, RatingsText):
            report.start(content.read_as, content.first_line)
            for block in content.blocks:
                yield from _parse(block, content.layout, piece, report)
        elif content is not None:
            report.has_titles = True
            yield _titles_batch(content, piece)


def _read_part(
    piece: Piece, options: ReadingOptions, report: PieceReport
) -> Iterator[pa.RecordBatch]:
    """Read a piece of an object that has several, if it can be read in pieces."""
    source = piece.source
    layout = _layout_of_lines(source, options)
    if layout is None:
        if piece.is_first:
            yield from _read_first(piece, source.read_from(0), options, report)
        return
    begin = LineRange.start_of(piece.begin)
    lines = LineRange(source.read_from(begin), piece.begin, piece.end)
    if piece.is_first:
        yield from _read_first(piece, lines, options, report)
        return
    plain = iter(partial(lines.read, BLOCK_BYTES), b"")
    for block in line_blocks(plain, where=source.uri, is_start=False):
        yield from _parse(block, layout, piece, report)


def _layout_of_lines(source: RatingsObject, options: ReadingOptions) -> RatingsLayout | None:
    """Look at an object's beginning; None if it is not ratings as lines of plain text."""
    head = read_head(cast(BinaryIO, source.read_from(0, _HEAD_BYTES)))
    if not is_splittable(head):
        return None
    first_line = io.BytesIO(_first_line(head, where=source.uri))
    with open_file(first_line, options, where=source.uri) as content:
        return content.layout if isinstance(content, RatingsText) else None


def _first_line(head: bytes, *, where: str) -> bytes:
    """Give the beginning of an object up to its first line that is not empty."""
    filled = head.lstrip(b"\r\n")
    end = filled.find(b"\n") + 1
    if not end:
        raise RatingsFormatError(
            f"{where}: expected lines of text, found none that ends within {len(head)} bytes; "
            "check that this is a ratings file"
        )
    return head[: len(head) - len(filled) + end]


def _parse(
    text: bytes, layout: RatingsLayout, piece: Piece, report: PieceReport
) -> Iterator[pa.RecordBatch]:
    block = parse_block(text, layout)
    first_line = report.add(block)
    if first_line + block.n_lines > 1 << LINE_BITS:
        raise RatingsTooLargeError(
            f"{piece.source.uri}: expected at most {1 << LINE_BITS:,} lines in a compressed "
            "object, found more; cut it into several"
        )
    if len(block.rating):
        yield _ratings_batch(block, piece.first_place + first_line, report.titles)


def _ratings_batch(block: ParsedBlock, first_place: int, titles: VideoTitles) -> pa.RecordBatch:
    rows, texts = titles.new_in(block)
    return _batch(
        len(block.rating),
        customer=strings(block.customers),
        video=strings(block.videos),
        rating=pa.array(block.rating),
        timestamp=pa.array(block.timestamp),
        place=pa.array(block.lines + first_place),
        title=sparse_binary(len(block.rating), rows, texts),
    )


def _titles_batch(titles: Mapping[str, str], piece: Piece) -> pa.RecordBatch:
    return _batch(
        len(titles),
        video=pa.array(titles.keys(), pa.string()),
        title=pa.array([title.encode() for title in titles.values()], pa.binary()),
        place=pa.array([TITLES_FILE_PLACE + piece.number] * len(titles), pa.int64()),
    )


def _batch(n_rows: int, **columns: pa.Array) -> pa.RecordBatch:
    """Make rows with NULL in all other columns."""
    return pa.RecordBatch.from_arrays(
        [columns.get(field.name, pa.nulls(n_rows, field.type)) for field in _SCHEMA],
        schema=_SCHEMA,
    )
