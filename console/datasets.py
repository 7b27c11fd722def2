"""The MovieLens-100K data set, fetched once from a package and kept in a cache.

The file hashes are checked, so that what is trained on is what the numbers in the documentation
were measured on. The data must not be redistributed, so it is no part of this project.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from console.errors import DataUnavailableError

MOVIELENS_100K = "movielens-100k"

_REQUIREMENT = (
    "recbole==1.2.1 "
    "--hash=sha256:9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407\n"
)
_FOLDER_IN_WHEEL = "recbole/dataset_example/ml-100k"
_FILES = {
    "ml-100k.inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
    "ml-100k.item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
}
RATINGS_FILE = "ml-100k.inter"
_MAX_FILE_BYTES = 16 * 1024 * 1024
_FETCH_TIMEOUT_SECONDS = 120.0

TERMS = (
    "MovieLens-100K: 100,000 ratings of 1,682 movies by 943 people, collected by GroupLens, "
    "University of Minnesota. Terms: research use; no redistribution and no commercial use "
    "without permission; cite F. M. Harper and J. A. Konstan, The MovieLens Datasets: History "
    "and Context, ACM TiiS 5(4), 2015, doi:10.1145/2827872."
)


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for fetched data: RECOMMENDER_CACHE, or the platform's cache folder."""
    if environ.get("RECOMMENDER_CACHE"):
        return Path(environ["RECOMMENDER_CACHE"]).expanduser()
    if sys.platform == "win32":
        root = Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "video-recommender"


def movielens_100k(cache: Path | None = None) -> tuple[Path, bool]:
    """Return the ratings file of MovieLens-100K, with its titles file beside it.

    Parameters
    ----------
    cache : Path or None
        Folder to keep it in; ``None`` takes `cache_folder`.

    Returns
    -------
    tuple of (Path, bool)
        The file, and whether it had to be fetched.

    Raises
    ------
    DataUnavailableError
        If it is not in the cache and cannot be fetched.
    """
    folder = (cache or cache_folder()) / "ml-100k"
    if all(_is_intact(folder / name, digest) for name, digest in _FILES.items()):
        return folder / RATINGS_FILE, False
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetching-") as temporary:
            wheel = _download(Path(temporary))
            unpacked = Path(temporary) / "ml-100k"
            _unpack(wheel, unpacked)
            shutil.rmtree(folder, ignore_errors=True)  # damaged, or of another version
            unpacked.rename(folder)
    except OSError as error:
        if all(_is_intact(folder / name, digest) for name, digest in _FILES.items()):
            return folder / RATINGS_FILE, False  # another process was faster
        raise DataUnavailableError(
            f"{folder}: MovieLens-100K cannot be kept there ({error}); set RECOMMENDER_CACHE to a "
            "folder that can be written, or use your own ratings with --data PATH",
            step="data",
        ) from error
    return folder / RATINGS_FILE, True


def _download(folder: Path) -> Path:
    """Fetch the wheel through pip, so that the person's index, proxy and mirrors apply."""
    requirements = folder / "requirements.txt"
    requirements.write_text(_REQUIREMENT, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes",
               "--only-binary", ":all:", "--disable-pip-version-check", "--no-input", "--quiet",
               "--retries", "1", "--timeout", "15", "--dest", str(folder),
               "--requirement", str(requirements)]  # fmt: skip
    try:
        completed = subprocess.run(  # noqa: S603 - arguments as a list
            command,
            capture_output=True,
            text=True,
            timeout=_FETCH_TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        reason = _last_line(completed.stderr) if completed.returncode else ""
    except subprocess.TimeoutExpired:
        reason = f"no answer within {_FETCH_TIMEOUT_SECONDS:.0f} s"
    wheels = sorted(folder.glob("*.whl"))
    if reason or not wheels:
        raise DataUnavailableError(
            "MovieLens-100K is not in the cache and cannot be fetched from the package index "
            f"({reason or 'pip left no wheel'}); connect to a network, or use your own ratings "
            "with --data PATH",
            step="data",
        )
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> None:
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for name, digest in _FILES.items():
            with archive.open(f"{_FOLDER_IN_WHEEL}/{name}") as member:
                content = member.read(_MAX_FILE_BYTES)
            if hashlib.sha256(content).hexdigest() != digest:
                raise DataUnavailableError(
                    f"{wheel.name}: {name} is not the file that is expected (sha256 differs); "
                    "use your own ratings with --data PATH",
                    step="data",
                )
            (folder / name).write_bytes(content)


def _is_intact(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["pip failed and said nothing"])[-1].removeprefix("ERROR: ")
