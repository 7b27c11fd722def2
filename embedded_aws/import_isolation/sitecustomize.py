"""Takes the project off the import path, in every Python process that has this folder on its own.

Python imports ``sitecustomize`` at its start (documentation of the module ``site``). The worker of
a function, the driver of a Glue job and Spark's Python workers have this folder in ``PYTHONPATH``:
they import their own code from what was deployed and nowhere else, so that what is not deployed is
missing here as it would be on AWS. Packages come from those installed beside this interpreter.
"""

import os
import sys

_FOLDER = __file__.rpartition(os.sep)[0]


def isolate() -> None:
    """Keep installed packages and ``PYTHONPATH`` only; no editable installation, no folder."""
    sys.meta_path[:] = [
        finder
        for finder in sys.meta_path
        if "__editable__" not in getattr(finder, "__module__", "")
    ]
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    libraries = (sys.prefix, sys.base_prefix, sys.exec_prefix)
    sys.path[:] = [
        path
        for path in sys.path
        if path and path != _FOLDER and (path in given or path.startswith(libraries))
    ]


isolate()
