"""What a file holds, told by its beginning, as the reader of ratings tells it."""

from __future__ import annotations

from typing import BinaryIO

from recommender.errors import RatingsFormatError
from recommender.file_signatures import PARQUET_MAGIC
from recommender.rating_formats import detect
from recommender.ratings import first_lines, is_parquet

PARQUET = "parquet"
# More than any first line; of a compressed file it is enough for some.
HEAD_BYTES = 64 * 1024
_LINE_BYTES = 4 * 1024


def format_of(head: BinaryIO, *, where: str) -> str | None:
    """Tell a file by its beginning.

    Parameters
    ----------
    head : binary file
        Its first `HEAD_BYTES`, or more.
    where : str
        Names the file in messages.

    Returns
    -------
    str or None
        A format of ratings, of titles, or of something else that MovieLens has; ``parquet``;
        ``None`` if it is none of them, or cannot be told.
    """
    start = head.read(len(PARQUET_MAGIC))
    head.seek(0)
    if is_parquet(start):
        return PARQUET
    try:
        content, _ = first_lines(head, _LINE_BYTES, where=where)
    except RatingsFormatError:
        return None
    return detect(content.lstrip().partition(b"\n")[0].rstrip(b"\r").decode(errors="replace"))
