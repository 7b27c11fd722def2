"""How the process of a job run starts Spark: local mode, in place of Glue's workers.

The driver's memory is that of Glue's for the worker type, 10 GB for G.1X and 20 GB for G.2X as
people see it there (5/8 of the worker's), but at most half of this machine's. A task that fails is
tried four times, as Spark does everywhere but in local mode.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from embedded_aws.glue.job import WORKER_TYPES
from embedded_aws.isolation import isolated_environment
from embedded_aws.processor_count import processor_count

_TASK_ATTEMPTS = 4
_HEAP_PART = 5 / 8
_MIB_PER_GB = 1024


def driver_memory_mib(worker_type: str, machine_bytes: int) -> int:
    """Say how much heap the JVM gets, in MiB.

    Parameters
    ----------
    worker_type : str
        Such as ``G.1X``.
    machine_bytes : int
        All memory of this machine.
    """
    of_worker = int(WORKER_TYPES[worker_type][1] * _MIB_PER_GB * _HEAP_PART)
    return min(of_worker, machine_bytes // 2**20 // 2)


def _machine_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def environment(
    root: Path, modules: list[Path], worker_type: str, more: Mapping[str, str]
) -> dict[str, str]:
    """Build the environment of a run's process.

    Parameters
    ----------
    root : Path
        The run's folder: Spark's and Python's temporary files go there.
    modules : list of Path
        What ``--extra-py-files`` names, downloaded.
    worker_type : str
    more : mapping of str to str
        Variables of the role's session.
    """
    java_home = {"JAVA_HOME": os.environ["JAVA_HOME"]} if "JAVA_HOME" in os.environ else {}
    temporary = root / "tmp"
    temporary.mkdir(exist_ok=True)
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={temporary} -XX:-UsePerfData",
        "spark.local.dir": str(root / "spark"),
        "spark.sql.warehouse.dir": str(root / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    arguments = [
        *("--master", f"local[{processor_count()},{_TASK_ATTEMPTS}]"),
        *("--driver-memory", f"{driver_memory_mib(worker_type, _machine_bytes())}m"),
        *(word for name, value in settings.items() for word in ("--conf", f"{name}={value}")),
        "pyspark-shell",
    ]
    return {
        **isolated_environment(modules),
        **java_home,
        **more,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": shlex.join(arguments),
        "PYTHONUNBUFFERED": "1",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TMPDIR": str(temporary),
    }
