"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("numpy", "pandas", "duckdb", "isal", "scipy", "numba", "sagemaker")


def describe() -> dict[str, str]:
    """Name the processor, the memory and the versions of everything that matters."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": f"{os.cpu_count()} cores of {_first('/proc/cpuinfo', 'model name')}",
        "memory": f"{int(_first('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": sys.version.split()[0],
        **{library: version(library) for library in _LIBRARIES},
    }


def in_words(machine: dict[str, str]) -> str:
    """Put `describe`'s answer into a sentence."""
    versions = ", ".join(f"{name} {value}" for name, value in list(machine.items())[4:])
    return (
        f"Measured on {machine['date']}: {machine['processor']}, {machine['memory']}, "
        f"{machine['system']}; {versions}."
    )


def _first(path: str, name: str) -> str:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(name))
