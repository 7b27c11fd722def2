"""Lambda layers from hashed locks, built by pip for the functions' platform: no Docker.

pip runs on the developer's machine but downloads wheels for Amazon Linux; what has no such
wheel, or not the locked hash, fails. Synthesis without bundling (``python app.py``) gives the
same template, because a layer's hash is made from what determines it, not from its files.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import jsii
from aws_cdk import DockerImage, ILocalBundling

Architecture = Literal["arm64", "x86_64"]

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

# Raised when the way of building changes, so that layers are built anew.
RECIPE_VERSION = 1


class BundlingError(Exception):
    """A layer could not be built."""


def layer_hash(folder: Path, architecture: Architecture) -> str:
    """Hash of everything that determines the layer's content."""
    digest = hashlib.sha256()
    for part in (str(RECIPE_VERSION), PYTHON_VERSION, architecture, *PLATFORM_TAGS[architecture]):
        digest.update(part.encode() + b"\0")
    # Line ends differ between checkouts on Windows and elsewhere.
    digest.update((folder / LOCK_NAME).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def pip_command(lock: Path, target: Path, architecture: Architecture) -> list[str]:
    """Command line that installs `lock` into `target`, for the functions' platform."""
    platforms = [f"--platform={tag}" for tag in PLATFORM_TAGS[architecture]]
    return [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
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


def build_layer(
    folder: Path,
    output: Path,
    architecture: Architecture,
    *,
    size_limit_mib: int = SIZE_LIMIT_MIB,
) -> None:
    """Build the layer of `folder` into `output`, as ``python/<packages>``.

    Raises
    ------
    BundlingError
        If pip is missing or fails, or if the layer is too large for Lambda.
    """
    target = output / "python"
    command = pip_command(folder / LOCK_NAME, target, architecture)
    completed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if completed.returncode != 0:
        raise BundlingError(
            f"layer {folder.name!r}: pip could not install {LOCK_NAME} for {architecture}, "
            f"Python {PYTHON_VERSION}:\n{completed.stderr.strip()}"
        )
    prune(target)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    if size > size_limit_mib * 2**20:
        raise BundlingError(
            f"layer {folder.name!r}: {size / 2**20:.0f} MiB unzipped, at most {size_limit_mib} "
            f"can be used in a function; take a package out of {folder.name}/requirements.txt"
        )


def prune(target: Path) -> None:
    """Delete what no function imports: tests, headers, sources and byte code."""
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir():
            if path.name in PRUNED_FOLDERS:
                shutil.rmtree(path)
        elif path.suffix in PRUNED_SUFFIXES or _is_spare_metadata(path):
            path.unlink()


def _is_spare_metadata(path: Path) -> bool:
    return path.parent.suffix == ".dist-info" and path.name not in KEPT_METADATA


@jsii.implements(ILocalBundling)
class LayerBundling:
    """Builds a layer when the CDK asks for it."""

    def __init__(self, folder: Path, architecture: Architecture) -> None:
        self._folder = folder
        self._architecture = architecture

    def try_bundle(self, output_dir: str, *, image: DockerImage) -> bool:  # noqa: ARG002
        """Build the layer; an error ends the synthesis, there is no second way (Docker).

        jsii passes options by name, those that are in the signature; `image` is one of them.
        """
        build_layer(self._folder, Path(output_dir), self._architecture)
        return True
