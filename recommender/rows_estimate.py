"""How many ratings a data set holds, guessed from its size and the beginning of one file."""

from __future__ import annotations

import zlib

from recommender.file_signatures import GZIP_MAGIC, PARQUET_MAGIC, ZSTD_MAGIC

# What a rating takes at least: a million generated ratings of four columns took 7.2 bytes each as
# Parquet (DuckDB, zstd), 10.7 as CSV in zstd, 11.5 in gzip. Files with texts beside them have fewer
# rows than this makes of them.
_PARQUET_ROW_BYTES = 7.0
_ZSTD_ROW_BYTES = 10.0
_GZIP_ROW_BYTES = 11.0
# Enough for the header of a gzip file and some hundred rows.
HEAD_BYTES = 1 << 16
# Bounds what a hostile file inflates to.
_MAX_INFLATED_BYTES = 1 << 22
_GZIP_WINDOW = 31


def estimate_rows(n_bytes: int, head: bytes) -> int:
    """Guess how many rows files hold.

    Of text, plain or in gzip, the lines of `head` are counted. Parquet and zstd are taken for as
    dense as ratings get, so that their rows are rather over- than underestimated.

    Parameters
    ----------
    n_bytes : int
        Size of all files.
    head : bytes
        The first `HEAD_BYTES` of one of them, or all of it.

    Returns
    -------
    int
        0 for no bytes.
    """
    return round(n_bytes / _bytes_per_row(head)) if head else 0


def _bytes_per_row(head: bytes) -> float:
    if head.startswith(PARQUET_MAGIC):
        return _PARQUET_ROW_BYTES
    if head.startswith(ZSTD_MAGIC):
        return _ZSTD_ROW_BYTES
    if head.startswith(GZIP_MAGIC):
        return _bytes_per_gzip_row(head)
    return len(head) / _n_lines(head)


def _bytes_per_gzip_row(head: bytes) -> float:
    inflating = zlib.decompressobj(_GZIP_WINDOW)
    try:
        text = inflating.decompress(head, _MAX_INFLATED_BYTES)
    except zlib.error:  # Preprocess says which file is corrupt
        return _GZIP_ROW_BYTES
    n_read = len(head) - len(inflating.unconsumed_tail) - len(inflating.unused_data)
    return n_read / _n_lines(text) if text else _GZIP_ROW_BYTES


def _n_lines(text: bytes) -> int:
    """Count lines; one that is longer than what was read is one."""
    return max(1, text.count(b"\n"))
