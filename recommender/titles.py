"""Titles of videos, from the side files that MovieLens and RecBole keep them in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from recommender.errors import RatingsFormatError
from recommender.rating_formats import TitlesFormat

# Titles are held in memory, all of them. MovieLens' largest table has 4 MB.
MAX_TITLES_BYTES = 128 * 1024 * 1024

# The tables of MovieLens-100K and 1M are not UTF-8, those of later sets are.
_FALLBACK_ENCODING = "latin-1"
# Bytes that are no UTF-8 stay distinct until it is clear whether they belong to an id or a title.
_KEPT = "surrogateescape"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHOWN_COLUMNS, _SHOWN_CHARACTERS = 20, 80


def parse_titles(content: bytes, titles_format: TitlesFormat, *, where: str) -> dict[str, str]:
    """Read a titles table.

    Parameters
    ----------
    content : bytes
        The whole file, `MAX_TITLES_BYTES` at most: a RecBole ``.item`` file (header
        ``item_id:token``, ``movie_title:token_seq``, …), MovieLens' ``u.item``, ``movies.dat`` or
        ``movies.csv``.
    titles_format : str
    where : str
        Names the file in messages.

    Returns
    -------
    dict
        ``video_id`` to title; of several lines with one id, the last counts. Lines without both,
        and lines that are not of the format, are left out: no quote swallows the line after it.

    Raises
    ------
    RatingsFormatError
        If the file has no column of titles, or is too large.
    """
    if len(content) > MAX_TITLES_BYTES:
        raise RatingsFormatError(
            f"{where}: expected a table of titles of at most {MAX_TITLES_BYTES >> 20} MiB, found "
            f"{len(content) / (1 << 20):.0f} MiB; keep only ids and titles, or take the file away"
        )
    lines = _lines(content)
    pairs: Iterator[tuple[str, str]]
    if titles_format == "titles-u.item":
        pairs = (_id_and_title(line.split("|"), 0, 1) for line in lines)
    elif titles_format == "titles-movies.dat":
        pairs = (_movie(line) for line in lines)
    elif titles_format == "titles-csv":
        pairs = _table(map(_split_quoted, lines), "movieId", ("title",), where=where)
    else:
        rows = (line.split("\t") for line in lines)
        pairs = _table(rows, "item_id:token", ("movie_title", "title"), where=where)
    return {
        _decoded(video_id, "utf-8", errors="backslashreplace"): _title(title)
        for video_id, title in pairs
        if video_id and title
    }


def merge(tables: list[Mapping[str, str]]) -> dict[str, str]:
    """Join titles tables; an earlier table wins."""
    merged: dict[str, str] = {}
    for table in reversed(tables):
        merged.update(table)
    return merged


def _lines(content: bytes) -> Iterator[str]:
    for line in io.BytesIO(content.removeprefix(_BYTE_ORDER_MARK)):
        text = line.rstrip(b"\r\n").decode("utf-8", _KEPT)
        if text:
            yield text


def _table(
    rows: Iterator[list[str]], id_column: str, title_columns: tuple[str, ...], *, where: str
) -> Iterator[tuple[str, str]]:
    """Find the columns in the header; RecBole writes the type of a column behind its name."""
    header = next(rows, [])
    bare = [name.partition(":")[0] for name in header]
    title_column = next((name for name in title_columns if name in bare), None)
    if id_column not in header or title_column is None:
        found = ", ".join(repr(name[:_SHOWN_CHARACTERS]) for name in header[:_SHOWN_COLUMNS])
        raise RatingsFormatError(
            f"{where}: expected titles in the columns {id_column!r} and {title_columns[0]!r}, "
            f"found {found or 'no column'}; mend the header, or take the file away"
        )
    id_at, title_at = header.index(id_column), bare.index(title_column)
    return (_id_and_title(row, id_at, title_at) for row in rows if len(row) == len(header))


def _movie(line: str) -> tuple[str, str]:
    """Read ``MovieID::Title::Genres``; genres have no ``::``, a title may."""
    video_id, _, rest = line.partition("::")
    title, _, _ = rest.rpartition("::")
    return video_id, title.strip()


def _id_and_title(row: list[str], id_at: int, title_at: int) -> tuple[str, str]:
    return (row[id_at], row[title_at].strip()) if max(id_at, title_at) < len(row) else ("", "")


def _split_quoted(line: str) -> list[str]:
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:  # a quote that is never closed
        return []


def _title(text: str) -> str:
    try:
        return _decoded(text, "utf-8")
    except UnicodeDecodeError:
        return _decoded(text, _FALLBACK_ENCODING)


def _decoded(text: str, encoding: str, *, errors: str = "strict") -> str:
    return text if text.isascii() else text.encode("utf-8", _KEPT).decode(encoding, errors)
