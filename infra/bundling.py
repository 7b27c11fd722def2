"""Lambda layers from hashed locks, built by pip for the functions' platform: no Docker.

pip runs on the developer's machine, whatever it is, but downloads wheels for Amazon Linux; what has
no such wheel, or not the locked hash, fails. A layer is kept under a hash of what determines it,
so that it is built once; the hash is known without building.

``python infra/bundling.py LAYER ARCHITECTURE`` builds a layer and prints the archive's path. The
CDK CLI starts it for assemblies that were synthesized without layers, hence the standard library
only.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Literal, get_args

Architecture = Literal["arm64", "x86_64"]

PROJECT_ROOT = Path(__file__).resolve().parents[1]
LAYERS_FOLDER = PROJECT_ROOT / "lambdas" / "layers"
CACHE_FOLDER = PROJECT_ROOT / ".cache" / "layers"

PYTHON_VERSION = "3.13"
LOCK_NAME = "requirements.lock"

# Amazon Linux 2023 has glibc 2.34, so that manylinux_2_28 and everything older will run.
PLATFORM_TAGS: dict[Architecture, tuple[str, ...]] = {
    "arm64": ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "x86_64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
}

# Never imported by the functions. The limit for function and layers together is 250 MiB; what the
# layers take is in docs/functions.md.
PRUNED_FOLDERS = ("tests", "__pycache__", "bin", "include")
PRUNED_SUFFIXES = (".pyc", ".pyi", ".pyx", ".pxd", ".h", ".c", ".a")
KEPT_METADATA = ("METADATA",)  # importlib.metadata.version reads it
SIZE_LIMIT_MIB = 240  # leaves room for the functions' own code

# Raised when the way of building changes otherwise, so that layers are built anew.
RECIPE_VERSION = 2

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3  # in a zip: who made it, which says how to read the permissions


class BundlingError(Exception):
    """A layer could not be built; one line says which, why, and what to do."""


def layer_hash(folder: Path, architecture: Architecture) -> str:
    """Hash of everything that determines the layer's content: the same on every machine."""
    recipe = (
        RECIPE_VERSION,
        PYTHON_VERSION,
        architecture,
        PLATFORM_TAGS[architecture],
        PRUNED_FOLDERS,
        PRUNED_SUFFIXES,
        KEPT_METADATA,
    )
    digest = hashlib.sha256(repr(recipe).encode())
    # Line ends differ between checkouts on Windows and elsewhere.
    digest.update((folder / LOCK_NAME).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def layer_archive(
    folder: Path,
    architecture: Architecture,
    *,
    cache: Path = CACHE_FOLDER,
    size_limit_mib: int = SIZE_LIMIT_MIB,
) -> Path:
    """Give the layer of `folder` as a zip archive, built if it is not in the cache.

    Parameters
    ----------
    folder : Path
        Holds ``requirements.lock``.
    architecture : {"arm64", "x86_64"}
        The functions' processor.
    cache : Path
        Folder that keeps archives, each under its hash.
    size_limit_mib : int
        Limit of the unzipped files.

    Raises
    ------
    BundlingError
        If pip is missing or fails, or if the layer is too large for Lambda.
    """
    archive = cache / f"{layer_hash(folder, architecture)}.zip"
    if archive.is_file():
        return archive
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=f"{folder.name}-") as name:
        root = Path(name)
        packages = root / "python"
        _install(folder / LOCK_NAME, packages, architecture)
        prune(packages)
        _check_size(folder, packages, size_limit_mib)
        draft = root / "layer.zip"
        write_archive(packages, draft)
        draft.replace(archive)  # whole or not at all, whoever else builds it
    return archive


def pip_command(lock: Path, target: Path, architecture: Architecture) -> list[str]:
    """Command line that installs `lock` into `target`, for the functions' platform."""
    platforms = [f"--platform={tag}" for tag in PLATFORM_TAGS[architecture]]
    return [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-color",  # the CDK CLI asks for colors, and shows what this program says
        "--disable-pip-version-check",
        "--no-deps",  # the lock is complete
        "--require-hashes",
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={PYTHON_VERSION}",
        "--ignore-requires-python",  # pip would compare with the Python that runs it
        *platforms,
        "--no-compile",
        f"--target={target}",
        f"--requirement={lock}",
    ]


def prune(target: Path) -> None:
    """Delete what no function imports: tests, headers, sources and byte code."""
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir():
            if path.name in PRUNED_FOLDERS:
                shutil.rmtree(path)
        elif path.suffix in PRUNED_SUFFIXES or _is_spare_metadata(path):
            path.unlink()


def write_archive(packages: Path, archive: Path) -> None:
    """Zip a folder under its name; times and permissions of the files are left out."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(packages.rglob("*"), key=Path.as_posix):
            if path.is_file():
                name = path.relative_to(packages.parent).as_posix()
                entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
                entry.create_system = _UNIX
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                zipped.writestr(entry, path.read_bytes())


def _install(lock: Path, target: Path, architecture: Architecture) -> None:
    target.mkdir()
    completed = subprocess.run(  # noqa: S603
        pip_command(lock, target, architecture),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PIP_USER": "0"},  # a person's own setting contradicts --target
    )
    if completed.returncode != 0:
        raise BundlingError(
            f"layer {lock.parent.name!r} for {architecture}, Python {PYTHON_VERSION}: "
            f"{_why(completed.stderr, PLATFORM_TAGS[architecture][0])}"
        )


def _why(stderr: str, platform: str) -> str:
    """Say in one line what went wrong, from what pip says in many."""
    if missing := re.search(r"No matching distribution found for (\S+)", stderr):
        return (
            f"pip finds no wheel of {missing[1]} for {platform} or older; if it reaches the "
            "package index, lock a version that has one: requirements.txt, `make lock`"
        )
    if other := re.search(r"DO NOT MATCH THE HASHES.*?\n\s+(\S+)", stderr, re.DOTALL):
        return (
            f"the wheel of {other[1]} that pip found is not the locked one: it was changed, or "
            "comes from another index; if that is meant, run `make lock`"
        )
    if "No module named pip" in stderr:
        return f"{sys.executable} has no pip; try `{sys.executable} -m ensurepip`"
    lines = stderr.strip().splitlines() or ["nothing"]
    errors = [line for line in lines if line.startswith("ERROR:") and line != "ERROR: Exception:"]
    said = (errors or lines)[-1].removeprefix("ERROR: ")
    return f"pip failed, and says: {said}"


def _check_size(folder: Path, packages: Path, limit_mib: int) -> None:
    size = sum(file.stat().st_size for file in packages.rglob("*") if file.is_file())
    if size > limit_mib * 2**20:
        raise BundlingError(
            f"layer {folder.name!r}: {size / 2**20:.0f} MiB unzipped, at most {limit_mib} "
            f"can be used in a function; take a package out of {folder.name}/requirements.txt"
        )


def _is_spare_metadata(path: Path) -> bool:
    return path.parent.suffix == ".dist-info" and path.name not in KEPT_METADATA


def main(arguments: list[str]) -> None:
    """Build a layer and print where it is."""
    match arguments:
        case [name, ("arm64" | "x86_64") as architecture] if (LAYERS_FOLDER / name).is_dir():
            try:
                archive = layer_archive(LAYERS_FOLDER / name, architecture)
            except BundlingError as error:
                sys.exit(str(error))
            sys.stdout.write(f"{archive}\n")
        case _:
            layers = "|".join(sorted(path.name for path in LAYERS_FOLDER.iterdir()))
            processors = "|".join(get_args(Architecture))
            sys.exit(f"usage: python infra/bundling.py {layers} {processors}")


if __name__ == "__main__":
    main(sys.argv[1:])
