"""Which number belongs to which customer, and to which video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.duckdb_connection import Limits, open_duckdb
from recommender.errors import CorruptArtifactError
from recommender.tables.parquet_file import (
    ROW_GROUP_SIZE,
    read_columns,
    refuse_nulls,
    write_table,
)

# A batch of rows, column by column.
_Texts = tuple[Sequence[str | None], ...]


def write_customers(
    path: Path, batches: Iterable[Sequence[str]], *, limits: Limits | None = None
) -> int:
    """Write which ``user_index`` belongs to which ``customer_id``.

    Parameters
    ----------
    path : Path
        Replaced if it is there.
    batches : iterable of sequences of str
        The ids in the order of ``user_index``, from 0; one batch at a time is held in memory.
    limits : Limits, optional

    Returns
    -------
    int
        Number of customers.
    """
    columns = ((ids,) for ids in batches)
    return _write_index(path, "user_index", ("customer_id",), columns, limits)


def read_customers(
    path: Path, *, where: str | None = None, limits: Limits | None = None
) -> list[str]:
    """Read what `write_customers` wrote: the ids by ``user_index``.

    Parameters and errors are those of `read_ratings`; a gap in ``user_index`` is an error too.
    """
    columns = _read_index(path, "user_index", ("customer_id",), where or str(path), limits)
    ids: list[str] = columns["customer_id"].tolist()
    return ids


def write_videos(
    path: Path,
    batches: Iterable[tuple[Sequence[str], Sequence[str | None]]],
    *,
    limits: Limits | None = None,
) -> int:
    """Write which ``item_index`` belongs to which ``video_id``, with its ``title``.

    Parameters
    ----------
    path : Path
        Replaced if it is there.
    batches : iterable of (sequence of str, sequence of str or None)
        Ids and titles in the order of ``item_index``, from 0; None: unknown. One batch at a time
        is held in memory.
    limits : Limits, optional

    Returns
    -------
    int
        Number of videos.

    Raises
    ------
    ValueError
        If a batch has not as many titles as ids.
    """
    return _write_index(path, "item_index", ("video_id", "title"), batches, limits)


def read_videos(
    path: Path, *, where: str | None = None, limits: Limits | None = None
) -> tuple[list[str], list[str | None]]:
    """Read what `write_videos` wrote: ids and titles by ``item_index``; None: unknown.

    Parameters and errors are those of `read_ratings`; a gap in ``item_index`` is an error too.
    """
    columns = _read_index(path, "item_index", ("video_id", "title"), where or str(path), limits)
    return columns["video_id"].tolist(), columns["title"].tolist()


def _write_index(
    path: Path,
    index: str,
    names: tuple[str, ...],
    batches: Iterable[_Texts],
    limits: Limits | None,
) -> int:
    """Number the rows; DuckDB keeps them until the end, and spills what is too much."""
    texts = ", ".join(f"{name} VARCHAR" for name in names)
    total = 0
    with open_duckdb(path, limits=limits) as connection:
        connection.execute(f"CREATE TABLE numbered ({index} INTEGER, {texts})")
        for group in _row_groups(batches, len(names)):
            stop = total + len(group[0])
            columns: dict[str, Any] = {index: np.arange(total, stop, dtype=np.int32)}
            for name, values in zip(names, group, strict=True):
                columns[name] = np.array(values, dtype=object)
            connection.register("row_group", columns)
            connection.execute("INSERT INTO numbered FROM row_group")
            connection.unregister("row_group")
            total = stop
        write_table(connection.table("numbered"), path)
    return total


def _row_groups(batches: Iterable[_Texts], n_columns: int) -> Iterator[list[list[str | None]]]:
    """Cut batches anew: DuckDB's row groups, and so the bytes, follow what is inserted at once."""
    pending: list[list[str | None]] = [[] for _ in range(n_columns)]
    for batch in batches:
        lengths = [len(values) for values in batch]
        if len(set(lengths)) != 1:
            raise ValueError(f"expected as many titles as ids, found {lengths[1]} and {lengths[0]}")
        for column, values in zip(pending, batch, strict=True):
            column.extend(values)
        while len(pending[0]) >= ROW_GROUP_SIZE:
            yield [column[:ROW_GROUP_SIZE] for column in pending]
            pending = [column[ROW_GROUP_SIZE:] for column in pending]
    if pending[0]:
        yield pending


def _read_index(
    path: Path, index: str, names: tuple[str, ...], where: str, limits: Limits | None
) -> dict[str, npt.NDArray[Any]]:
    wanted = {index: f"CAST({index} AS INTEGER)"} | {
        name: f"CAST({name} AS VARCHAR)" for name in names
    }
    columns = read_columns(path, wanted, where, limits)
    numbers = columns.pop(index)
    refuse_nulls(names[0], columns[names[0]], where)
    if np.ma.is_masked(numbers) or not np.array_equal(numbers, np.arange(len(numbers))):
        raise CorruptArtifactError(
            f"{where}: expected {index} 0, 1, 2, ... without a gap, found another sequence; run "
            "the step that writes it again"
        )
    return columns
