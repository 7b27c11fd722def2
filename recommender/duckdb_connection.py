"""DuckDB for a few local files at a time, with little memory and nothing else to reach."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True, slots=True)
class Limits:
    """What DuckDB may use; the bytes it writes are the same whatever it is.

    Attributes
    ----------
    threads : int
        A function with 3 GiB of memory has two processors.
    memory_mib : int
        Of DuckDB's own buffers; beyond it DuckDB spills beside the file. Arrays that are read or
        written come on top.
    """

    threads: int = 2
    memory_mib: int = 256


@contextmanager
def open_duckdb(
    path: Path, *others: Path, limits: Limits | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database that can reach these files and nothing else.

    No extension is installed or loaded, and there is no network: what DuckDB's wheel lacks is
    an error at once, not a download.

    Parameters
    ----------
    path, *others : Path
        May exist or not. The first one's folder takes what DuckDB spills, in ``<name>.spill``.
    limits : Limits, optional
    """
    given = limits or Limits()
    connection = duckdb.connect(
        config={
            "threads": given.threads,
            "memory_limit": f"{given.memory_mib}MiB",
            "temp_directory": f"{path}.spill",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_external_file_cache": False,  # a file is read once
            # Texts come as arrays of objects: take them for texts, not for what a sample is.
            "pandas_analyze_sample": 0,
        }
    )
    try:
        connection.execute(f"SET allowed_paths = [{', '.join(map(literal, (path, *others)))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def literal(path: Path) -> str:
    """Write a path as SQL, for statements that take no parameters."""
    return "'" + str(path).replace("'", "''") + "'"
