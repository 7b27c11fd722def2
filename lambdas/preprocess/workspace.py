"""How much memory and disk a function has for its work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from recommender.ratings import Workspace

# Python, numpy, pandas, boto3 and DuckDB with the 256 MiB that it may use for Parquet.
BASE_MIB = 512
# The tables that are being written, before they are uploaded, and what others leave there.
_DISK_RESERVE = 0.2


def function_workspace(
    folder: Path, env: Mapping[str, str] | None = None, *, free_bytes: int | None = None
) -> Workspace:
    """Share out what the function has.

    Parameters
    ----------
    folder : Path
        On the function's ephemeral storage.
    env : mapping or None
        None reads the process's environment, where Lambda says the memory size.
    free_bytes : int or None
        Free disk to reckon with; None asks the file system of `folder`.

    Returns
    -------
    Workspace
        The default one if the environment says nothing, as outside of Lambda.
    """
    if free_bytes is None:
        free_bytes = shutil.disk_usage(folder).free
    disk_bytes = int(free_bytes * (1 - _DISK_RESERVE))
    memory_mib = (os.environ if env is None else env).get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    if memory_mib is None:
        return Workspace(disk_bytes=disk_bytes, folder=folder)
    memory_bytes = max(int(memory_mib) - BASE_MIB, BASE_MIB // 2) << 20
    return Workspace.within(memory_bytes, disk_bytes=disk_bytes, folder=folder)
