"""Ratings in Parquet files, as lines of text: one way into the arrays for every format."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import duckdb

from recommender.duckdb_connection import literal, open_duckdb
from recommender.errors import PREPARE_WITH_SPARK, RatingsFormatError, RatingsTooLargeError
from recommender.rating_formats import RatingField
from recommender.ratings.numerals import MILLISECONDS_FROM

# No id has it; see `_text_of`.
DELIMITER = "\x1f"


@contextmanager
def local_copy(head: bytes, stream: BinaryIO, *, where: str, folder: Path | None) -> Iterator[Path]:
    """Put a Parquet file on the local disk, because its table of contents is at its end.

    Parameters
    ----------
    head : bytes
        Already read of the stream.
    stream : binary file
        The rest.
    where : str
        Names the file in messages.
    folder : Path or None
        None: the system's folder for temporary files.

    Raises
    ------
    RatingsTooLargeError
        If the disk has no room for it.
    """
    with tempfile.TemporaryDirectory(dir=folder) as name:
        path = Path(name) / "ratings.parquet"
        try:
            with path.open("wb") as file:
                file.write(head)
                shutil.copyfileobj(stream, file, 1 << 20)
        except OSError as error:
            raise _too_large(where) from error
        yield path


def column_names(path: Path, *, where: str) -> list[str]:
    """Give the names of a Parquet file's columns.

    Raises
    ------
    RatingsFormatError
        If it is corrupt.
    """
    return [name for name, _ in _columns(path, where=where)]


def write_text(path: Path, fields: Mapping[RatingField, str], *, where: str) -> Path:
    """Write some columns of a Parquet file as a text file beside it.

    Parameters
    ----------
    path : Path
    fields : mapping
        Which column holds which field; the text's fields are in this order.
    where : str
        Names the file in messages.

    Returns
    -------
    Path
        Lines of fields, delimited by `DELIMITER`, without a header. What is missing is empty.

    Raises
    ------
    RatingsFormatError
        If the file is corrupt.
    RatingsTooLargeError
        If the disk has no room for the text.
    """
    types = dict(_columns(path, where=where))
    chosen = ", ".join(_text_of(field, name, types[name]) for field, name in fields.items())
    output = path.with_suffix(".txt")
    with _errors(where), open_duckdb(path, output) as connection:
        connection.execute(
            f"COPY (SELECT {chosen} FROM {_table(path)}) TO {literal(output)} "  # noqa: S608 - all of it quoted
            f"(FORMAT csv, HEADER false, DELIMITER '{DELIMITER}', QUOTE '', ESCAPE '')"
        )
    return output


def _text_of(field: RatingField, name: str, kind: str) -> str:
    """Write the expression of a field: no line end, no delimiter.

    An id with a control character becomes a delimiter, which makes the row malformed.
    """
    column = '"' + name.replace('"', '""') + '"'
    if field == "timestamp" and (kind.startswith("TIMESTAMP") or kind == "DATE"):
        # Of what is further away the text would be taken for milliseconds.
        return (
            f"CASE WHEN abs(epoch({column})) < {MILLISECONDS_FROM} "
            f"THEN CAST(floor(epoch({column})) AS BIGINT) END"
        )
    text = f"CAST({column} AS VARCHAR)"
    if field == "title":
        return rf"regexp_replace({text}, '[\x00-\x1f]', ' ', 'g')"
    return rf"CASE WHEN regexp_matches({text}, '[\x00-\x1f]') THEN '{DELIMITER}' ELSE {text} END"


def _columns(path: Path, *, where: str) -> list[tuple[str, str]]:
    with _errors(where), open_duckdb(path) as connection:
        found = connection.execute(f"DESCRIBE SELECT * FROM {_table(path)}")  # noqa: S608
        return [(str(name), str(kind)) for name, kind, *_ in found.fetchall()]


def _table(path: Path) -> str:
    # Folders may be called like partitions (name=value), which are no columns here.
    return f"read_parquet({literal(path)}, hive_partitioning = false)"


@contextmanager
def _errors(where: str) -> Iterator[None]:
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if "No space left" in str(error) or isinstance(error, duckdb.OutOfMemoryException):
            raise _too_large(where) from error
        raise _corrupt(where, error) from error
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise _corrupt(where, error) from error


def _corrupt(where: str, error: Exception) -> RatingsFormatError:
    # DuckDB quotes the bytes of a damaged file.
    reason = "".join(c if c.isprintable() else "?" for c in str(error).partition("\n")[0])
    return RatingsFormatError(
        f"{where}: expected a whole Parquet file, found one that cannot be read ({reason}); copy "
        "it again"
    )


def _too_large(where: str) -> RatingsTooLargeError:
    return RatingsTooLargeError(
        f"{where}: a Parquet file and its columns as text need more local disk than there is; give "
        f"the function more ephemeral storage, or {PREPARE_WITH_SPARK}"
    )
