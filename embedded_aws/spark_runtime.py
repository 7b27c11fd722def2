"""PySpark and Java on this machine, which Glue's job runs need.

Java is found as Spark's start scripts find it: ``JAVA_HOME``, else ``java`` on the ``PATH``. Spark
3.5 runs on Java 8, 11 and 17 (Spark documentation, "Overview").
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from importlib import metadata, util
from pathlib import Path

from embedded_aws.errors import SparkMissingError

JAVA_MAJORS = (8, 11, 17)
_VERSION = re.compile(r'version "(?P<version>(?:1\.)?(?P<major>\d+)[^"]*)"')
_TIMEOUT_SECONDS = 30.0
_INSTALL_JAVA = "install Java 17 by the system's package manager"
_SET_HOME = "and set JAVA_HOME to its folder"


@functools.lru_cache(maxsize=8)
def _java_version(java: str) -> tuple[int, str] | None:
    """Ask a Java for its version, as number and text; None if it has no answer."""
    try:
        done = subprocess.run(  # noqa: S603 - the Java that Spark starts, arguments as a list
            [java, "-version"],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(done.stderr + done.stdout)
    return (int(found["major"]), found["version"]) if found and not done.returncode else None


def find_java() -> str:
    """Find Java and return its version.

    Raises
    ------
    SparkMissingError
        If there is none, or one on which Spark does not run.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None:
        raise SparkMissingError("no java on the PATH, and no JAVA_HOME", _INSTALL_JAVA)
    version = _java_version(java)
    if version is None:
        where = " (by JAVA_HOME)" if home else ""
        raise SparkMissingError(f"{java}{where} does not start", f"{_INSTALL_JAVA}, {_SET_HOME}")
    major, text = version
    if major not in JAVA_MAJORS:
        wanted = " or ".join(map(str, JAVA_MAJORS))
        raise SparkMissingError(
            f"{java} is Java {text}, expected {wanted}", f"{_INSTALL_JAVA}, {_SET_HOME}"
        )
    return text


def find_pyspark() -> str:
    """Find PySpark and return its version.

    Raises
    ------
    SparkMissingError
        If it is not installed.
    """
    if util.find_spec("pyspark") is None:
        raise SparkMissingError("PySpark is not installed", "run make spark")
    return metadata.version("pyspark")


def check_spark() -> str:
    """Check that Spark can be started, and return the versions of what it needs.

    Raises
    ------
    SparkMissingError
        With everything that is missing.
    """
    found, missing = [], []
    for name, find in (("PySpark", find_pyspark), ("Java", find_java)):
        try:
            found.append(f"{name} {find()}")
        except SparkMissingError as error:
            missing.append(error)
    if missing:
        raise SparkMissingError(
            "; ".join(error.found for error in missing),
            "; ".join(error.advice for error in missing),
        )
    return ", ".join(found)
