"""Spark's daemon of Python workers, of which one is killed (SIGKILL) as it begins a task.

Spark starts it by its setting ``spark.python.daemon.module``. The first worker that makes the file
that the environment variable names is the one. Imports nothing of the project, which is not on the
import path of a job run.
"""

import os
import signal
from typing import Any

from pyspark import daemon

VARIABLE = "EMBEDDED_AWS_KILLED_WORKER"
_work = daemon.worker_main


def _die_once(infile: Any, outfile: Any) -> None:
    try:
        os.close(os.open(os.environ[VARIABLE], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        _work(infile, outfile)
    else:
        os.kill(os.getpid(), signal.SIGKILL)


daemon.worker_main = _die_once

if __name__ == "__main__":
    daemon.manager()
