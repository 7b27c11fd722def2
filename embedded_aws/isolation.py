"""The environment of processes that run what was deployed, not the project."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

# Its ``sitecustomize`` takes the project off the import path.
_FOLDER = Path(__file__).with_name("import_isolation")
# What such a process needs of the machine: nothing that configures AWS, Python or Spark.
_INHERITED = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "LD_LIBRARY_PATH")


def isolated_environment(code: Iterable[Path] = ()) -> Mapping[str, str]:
    """Make the environment of an isolated Python process.

    Parameters
    ----------
    code : iterable of Path
        Folders and zip files to import from, before the installed packages.
    """
    return {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        "PYTHONPATH": os.pathsep.join(map(str, [_FOLDER, *code])),
        "PYTHONSAFEPATH": "1",  # neither the script's folder nor the current one
    }
