"""A table in a Parquet file: columns written and read as arrays, by DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import duckdb
import numpy as np
import numpy.typing as npt

from recommender.duckdb_connection import Limits, open_duckdb
from recommender.errors import ArtifactNotFoundError, CorruptArtifactError

CONTENT_TYPE = "application/vnd.apache.parquet"

# Rows that are compressed together. Said here, because bytes depend on it.
ROW_GROUP_SIZE = 122_880


def write_table(table: duckdb.DuckDBPyRelation, path: Path) -> None:
    """Write a table to the file that its connection was opened for, and replace what is there."""
    table.write_parquet(
        str(path), compression="zstd", row_group_size=ROW_GROUP_SIZE, use_tmp_file=False
    )


def read_columns(
    path: Path, wanted: dict[str, str], where: str, limits: Limits | None
) -> dict[str, npt.NDArray[Any]]:
    """Read a file's columns.

    Parameters
    ----------
    path : Path
    wanted : dict
        Column to the SQL expression to read for it, mostly a cast of the column.
    where : str
        Name of the file in messages.
    limits : Limits or None

    Returns
    -------
    dict
        Column to its array; a masked one where the file has NULLs.

    Raises
    ------
    ArtifactNotFoundError
        If there is no such file.
    CorruptArtifactError
        If it is no Parquet file, is damaged, lacks a column, or has a value that does not fit.
    """
    if not path.is_file():
        raise ArtifactNotFoundError(f"{where}: expected a Parquet table, found no file")
    projection = ", ".join(f"{expression} AS {name}" for name, expression in wanted.items())
    try:
        with open_duckdb(path, limits=limits) as connection:
            table = connection.read_parquet(str(path), hive_partitioning=False)
            _refuse_other_columns(table.columns, wanted, where)
            # A statement's result is a stream; a relation's would be in memory twice.
            select = f"SELECT {projection} FROM read_parquet(?, hive_partitioning = false)"  # noqa: S608
            arrays = connection.execute(select, [str(path)]).fetchnumpy()
    # DuckDB quotes the bytes of a damaged file, which need not be text.
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise CorruptArtifactError(
            f"{where}: expected a Parquet table, found "
            f"{' '.join(str(error).replace(str(path), 'the file').split())}; run the step that "
            "writes it again"
        ) from error
    return cast(dict[str, npt.NDArray[Any]], arrays)  # no column is an enumeration


def _refuse_other_columns(found: Sequence[str], wanted: Iterable[str], where: str) -> None:
    missing = [name for name in wanted if name not in found]
    if missing:
        raise CorruptArtifactError(
            f"{where}: expected the columns {', '.join(wanted)}, found {', '.join(found)}; run the "
            "step that writes it again"
        )


def refuse_nulls(name: str, values: npt.NDArray[Any], where: str) -> None:
    """Refuse a column, as `read_columns` gives it, in which a value is missing.

    Raises
    ------
    CorruptArtifactError
    """
    if np.ma.is_masked(values):
        n_missing = int(np.ma.getmaskarray(values).sum())
        raise CorruptArtifactError(
            f"{where}: expected {name} in every row, found {n_missing} of {len(values)} rows "
            "without; run the step that writes it again"
        )
