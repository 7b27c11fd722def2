"""A reader of ratings that is plain and slow: what the fast one is tested against.

It takes lines one by one and fields one by one, and shares with the reader only the choice of the
dialect by the first line, and the parser of titles files, which have tests of their own.
"""

import csv
import re
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

import numpy as np

from recommender.rating_formats import (
    TITLES_FORMATS,
    RatingsDialect,
    column_positions,
    header_names,
    recognise,
)
from recommender.ratings import RatingsTable
from recommender.ratings.blocks import ParsedBlock, RatingsLayout
from recommender.ratings.fields import FieldLayout
from recommender.ratings.words import texts
from recommender.reject_reasons import READER_REASONS, RejectReason
from recommender.timestamps import NO_TIMESTAMP
from recommender.titles import parse_titles

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_EXAMPLES = 20
MAX_FIELD_BYTES = 255
EARLIEST_MILLISECONDS = 10**11
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER = re.compile(rb"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")

Rating = tuple[bytes, bytes, float, int | None, bytes | None]
"""Customer, video, rating, time, title."""
Rows = dict[int, Rating]
"""By the numbers of their lines."""
Rejected = dict[RejectReason, list[int]]
"""Numbers of lines."""


class RefusedError(Exception):
    """There is no result."""


def split(line: bytes, layout: FieldLayout) -> list[bytes] | None:
    """Give the fields of a line, or None if it has not as many as it should."""
    if b"\0" in line or (len(layout.delimiter) > 1 and b"\x1f" in line):
        return None
    if layout.quoting and b'"' in line:
        text = line.decode("utf-8", "surrogateescape")
        try:
            [row] = csv.reader([text], delimiter=layout.delimiter, strict=True)
        except csv.Error:
            return None
        fields = [field.encode("utf-8", "surrogateescape") for field in row]
    else:
        fields = line.split(layout.delimiter.encode())
    return fields if len(fields) == layout.n_fields else None


def is_id(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len(text) <= MAX_FIELD_BYTES


def rating_of(text: bytes) -> float | None:
    if len(text) > MAX_FIELD_BYTES or not NUMBER.fullmatch(text.strip()):
        return None
    return float(text)


def timestamp_of(text: bytes) -> int | None:
    if len(text) > MAX_FIELD_BYTES:
        return None
    text = text.strip()
    if NUMBER.fullmatch(text):
        number = int(Decimal(text.decode()).to_integral_value(ROUND_FLOOR))
        seconds = number // 1000 if abs(number) >= EARLIEST_MILLISECONDS else number
        return seconds if abs(seconds) < EARLIEST_MILLISECONDS else None
    try:
        moment = datetime.fromisoformat(text.decode("ascii"))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(seconds=1)


def row_of(line: bytes, layout: RatingsLayout) -> Rating | RejectReason:
    fields = split(line, layout.fields)
    if fields is None:
        return "malformed"
    wanted = [fields[at] for at in layout.fields.positions]
    by_name = dict(zip(layout.names, wanted, strict=True))
    customer, video = by_name["customer_id"], by_name["video_id"]
    if not (customer and video and by_name["rating"]):
        return "missing_value"
    rating = rating_of(by_name["rating"])
    if rating is None or not is_id(customer) or not is_id(video):
        return "malformed"
    lowest, highest = layout.rating_range
    if not lowest <= rating <= highest:
        return "rating_out_of_range"
    timestamp = timestamp_of(by_name["timestamp"]) if "timestamp" in by_name else None
    return customer, video, float(np.float32(rating)), timestamp, by_name.get("title")


def parse(lines: Sequence[bytes], layout: RatingsLayout) -> tuple[Rows, Rejected]:
    """Read lines, numbered from 0; those that are empty are no rows."""
    rows: Rows = {}
    rejected: Rejected = {reason: [] for reason in READER_REASONS}
    for number, line in enumerate(lines):
        if not line:
            continue
        row = row_of(line, layout)
        if isinstance(row, str):
            rejected[row].append(number)
        else:
            rows[number] = row
    return rows, rejected


def rows_of_block(block: ParsedBlock) -> tuple[Rows, Rejected]:
    """Give what the reader made of a block in the form of `parse`."""
    titles: list[bytes | None] = [None] * len(block.rating)
    if block.titles is not None:
        spans = zip(*(places.tolist() for places in block.titles), strict=True)
        titles = [block.text[start:end] for start, end in spans]
    ratings = zip(
        texts(block.customers),
        texts(block.videos),
        block.rating.tolist(),
        [None if time == NO_TIMESTAMP else time for time in block.timestamp.tolist()],
        titles,
        strict=True,
    )
    rows = dict(zip(block.lines.tolist(), ratings, strict=True))
    n_rows = len(rows) + sum(len(lines) for lines in block.rejected_lines.values())
    if block.n_rows != n_rows:
        raise ValueError(f"{block.n_rows} rows, of which {n_rows} can be seen")
    return rows, {reason: lines.tolist() for reason, lines in block.rejected_lines.items()}


def decompressed(content: bytes) -> bytes:
    """Undo gzip or zstd, told by the magic; files of several members, and zeros behind them."""
    if content.startswith(b"\x1f\x8b"):
        return _members(content, _gzip_member)
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        return _members(content, _zstd_frame)
    return content


def _members(content: bytes, member: Callable[[bytes], tuple[bytes, bytes]]) -> bytes:
    plain = b""
    while content:
        more, content = member(content)
        plain += more
        content = content.lstrip(b"\0")
    return plain


def _gzip_member(content: bytes) -> tuple[bytes, bytes]:
    inflater = zlib.decompressobj(wbits=31)
    # Flags without a meaning are refused by zlib, and passed over by gzip and igzip.
    known = content[:3] + bytes([byte & 0x1F for byte in content[3:4]]) + content[4:]
    try:
        plain = inflater.decompress(known)
    except zlib.error as error:
        raise RefusedError from error
    if not inflater.eof:
        raise RefusedError
    return plain, inflater.unused_data


def _zstd_frame(content: bytes) -> tuple[bytes, bytes]:
    frame = zstd.ZstdDecompressor()
    try:
        # In pieces, as the reader has it: in one go, libzstd also refuses a frame that says that
        # it is longer than it is and ends in an empty block.
        plain = frame.decompress(content[:5]) + frame.decompress(content[5:])
    except zstd.ZstdError as error:
        raise RefusedError from error
    if not frame.eof:
        raise RefusedError
    return plain, frame.unused_data


def lines_of(content: bytes) -> list[bytes]:
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix(b"\r") for line in lines]


def layout_for(
    header: Sequence[str], dialect: RatingsDialect, rating_range: tuple[float, float] | None = None
) -> RatingsLayout:
    positions = column_positions(header, dialect, where="x")
    return RatingsLayout(
        FieldLayout(len(header), tuple(positions.values()), dialect.delimiter, dialect.quoting),
        tuple(positions),
        rating_range or dialect.rating_range,
    )


@dataclass
class Result:
    """What was read."""

    rows: list[tuple[str, str, float, int | None, str | None]] = field(default_factory=list)
    rows_read: int = 0
    rejected: dict[RejectReason, int] = field(
        default_factory=lambda: dict.fromkeys(READER_REASONS, 0)
    )
    examples: dict[RejectReason, tuple[str, ...]] = field(
        default_factory=lambda: dict.fromkeys(READER_REASONS, ())
    )


def read(
    files: Sequence[tuple[str, bytes]],
    *,
    max_rejected_ratio: float = 1.0,
    decompress: Callable[[bytes], bytes] = decompressed,
    **options,
) -> Result:
    """Read whole files, given as names and contents.

    Raises
    ------
    RefusedError
        If the reader has to refuse them, for what is wrong with the bytes or with the rows.
    RatingsFormatError
        If the format is unknown, as the reader should say.
    """
    result = Result()
    rows: list[Rating] = []
    own_titles: dict[bytes, bytes] = {}
    side_titles: dict[str, str] = {}
    for name, content in files:
        lines = lines_of(decompress(content))
        n_blank = next((at for at, line in enumerate(lines) if line), len(lines))
        lines = lines[n_blank:]
        if not lines:
            continue
        first = lines[0].decode(errors="replace")
        found = recognise(
            first,
            where=name,
            ratings_format=options.get("ratings_format"),
            columns=options.get("columns"),
        )
        if not isinstance(found, RatingsDialect):
            if found in TITLES_FORMATS:
                titles = parse_titles(b"\n".join(lines), found, where=name)
                side_titles = {**titles, **side_titles}
            continue
        layout = layout_for(header_names(first, found), found, options.get("rating_range"))
        n_header = 0 if found.headless else 1
        more, rejected = parse(lines[n_header:], layout)
        rows += more.values()
        for reason, numbers in rejected.items():
            places = tuple(f"{name}:{n_blank + n_header + number + 1}" for number in numbers)
            result.rejected[reason] += len(places)
            result.examples[reason] = (result.examples[reason] + places)[:MAX_EXAMPLES]
    n_rejected = sum(result.rejected.values())
    result.rows_read = len(rows) + n_rejected
    if not result.rows_read or n_rejected / result.rows_read > max_rejected_ratio:
        raise RefusedError
    for _, video, _, _, title in rows:
        if title:
            own_titles.setdefault(video, title)
    for customer, video, rating, timestamp, _ in rows:
        own = own_titles.get(video)
        title = own.decode(errors="replace") if own else side_titles.get(video.decode())
        result.rows.append((customer.decode(), video.decode(), rating, timestamp, title))
    return result


def result_of(table: RatingsTable) -> Result:
    """Give what the reader read in the form of `read`, and close it."""
    with table:
        customers = [
            text for batch in table.customers.texts(_all(table.customers)) for text in batch
        ]
        videos = [
            pair
            for ids, titles in table.titles.of(table.videos, _all(table.videos))
            for pair in zip(ids, titles, strict=True)
        ]
        result = Result(
            rows_read=table.accounting.rows_read,
            rejected=dict(table.accounting.rejected),
            examples=dict(table.accounting.examples),
        )
        for chunk in table.chunks():
            columns = (chunk.customer, chunk.video, chunk.rating, chunk.timestamp)
            for customer, video, rating, timestamp in zip(
                *(column.tolist() for column in columns), strict=True
            ):
                video_id, title = videos[video]
                time = None if timestamp == NO_TIMESTAMP else timestamp
                result.rows.append((customers[customer], video_id, rating, time, title))
        return result


def _all(ids) -> np.ndarray:
    return np.arange(len(ids))
