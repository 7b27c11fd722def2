"""Titles of videos, from the side files that MovieLens keeps them in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from recommender.delimited import split_line
from recommender.errors import RatingsFormatError
from recommender.rating_formats import TitlesFormat

# u.item of MovieLens-100K is not UTF-8.
_FALLBACK_ENCODING = "latin-1"


def parse_titles(content: bytes, titles_format: TitlesFormat, *, where: str) -> dict[str, str]:
    """Read a titles table.

    Parameters
    ----------
    content : bytes
        The whole file: a RecBole ``.item`` file (header ``item_id:token``,
        ``movie_title:token_seq``, …), MovieLens-100K's ``u.item``, or ``movies.csv``.
    titles_format : str
    where : str
        Names the file in messages.

    Returns
    -------
    dict
        ``video_id`` to title. Lines without both are left out.

    Raises
    ------
    RatingsFormatError
        If the file has no column of titles.
    """
    text = _decode(content)
    if titles_format == "titles-u.item":
        rows = [line.split("|") for line in text.splitlines()]
        return _pairs(rows, 0, 1)
    if titles_format == "titles-csv":
        rows = list(csv.reader(io.StringIO(text, newline="")))
        id_column, title_columns = "movieId", ["title"]
    else:
        lines = text.split("\n")
        rows = [split_line(line.rstrip("\r"), delimiter="\t", quoting=False) for line in lines]
        id_column, title_columns = "item_id:token", ["movie_title:token_seq", "title:token_seq"]
    header = rows[0]
    title_column = next((name for name in title_columns if name in header), None)
    if id_column not in header or title_column is None:
        raise RatingsFormatError(
            f"{where}: expected titles in the columns {id_column!r} and {title_columns[0]!r}, "
            f"found {', '.join(map(repr, header[:20]))}; mend the header, or take the file away"
        )
    return _pairs(rows[1:], header.index(id_column), header.index(title_column))


def _pairs(rows: list[list[str]], id_at: int, title_at: int) -> dict[str, str]:
    n_fields = max(id_at, title_at) + 1
    return {
        row[id_at]: row[title_at].strip()
        for row in rows
        if len(row) >= n_fields and row[id_at] and row[title_at].strip()
    }


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode(_FALLBACK_ENCODING)


def merge(tables: list[Mapping[str, str]]) -> dict[str, str]:
    """Join titles tables; an earlier table wins."""
    merged: dict[str, str] = {}
    for table in reversed(tables):
        merged.update(table)
    return merged
