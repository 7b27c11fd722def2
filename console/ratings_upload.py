"""Ratings files on this machine: found, looked into before anything starts, uploaded."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from console.errors import BadInputError
from console.ratings_format import format_of
from recommender.errors import RatingsError
from recommender.rating_formats import RatingField, RatingsFormat
from recommender.ratings import (
    MAX_REJECTED_RATIO,
    RatingsSource,
    first_lines,
    read_ratings,
)
from recommender.run_layout import RAW_PREFIX

# Text that is looked into before the start: all of a small file, some thousand rows of a large.
_HEAD_BYTES = 4 * 1024 * 1024
DEFAULT_NAME = "ratings"


@dataclass(frozen=True, slots=True)
class RatingsFiles:
    """Files that belong together: ratings, and the titles of the videos.

    Attributes
    ----------
    name : str
        What the data set is called in the bucket.
    paths : tuple of Path
        The ratings file first.
    """

    name: str
    paths: tuple[Path, ...]


def find_ratings(path: Path) -> RatingsFiles:
    """Find the ratings file and the titles file that lies beside it.

    Parameters
    ----------
    path : Path
        A ratings file, or a folder with ratings and titles files.

    Raises
    ------
    BadInputError
        If there is no such file, or nothing in the folder.
    """
    if path.is_dir():
        inside = [entry for entry in sorted(path.iterdir()) if entry.is_file()]
        paths = tuple(entry for entry in inside if _is_known(entry)) or tuple(inside)
        if not paths:
            raise BadInputError(f"{path}: expected ratings files, found none in the folder")
        return RatingsFiles(_key_part(path.resolve().name), paths)
    if not path.exists():
        raise BadInputError(
            f"{path}: no such file; give the path of a ratings file or of a folder with them, or "
            "movielens-100k"
        )
    if not path.is_file():
        raise BadInputError(f"{path}: expected a file with ratings, found something else")
    beside = [path.with_name(name) for name in _titles_names(path.name)]
    titles = [other for other in beside if other.is_file() and other != path]
    return RatingsFiles(_key_part(path.name.partition(".")[0]), (path, *titles[:1]))


def check_ratings(files: RatingsFiles, dataset: Mapping[str, Any]) -> None:
    """Look into the files, so that what the pipeline would refuse is refused at once.

    Parameters
    ----------
    files : RatingsFiles
    dataset : mapping
        ``format`` and ``columns`` of the execution input, validated.

    Raises
    ------
    BadInputError
        If a file cannot be read as ratings.
    """
    try:
        heads = {path: _head(path) for path in files.paths}
        is_whole = all(whole for _, whole in heads.values())
        limit = dataset.get("max_rejected_ratio", MAX_REJECTED_RATIO)
        table = read_ratings(
            [
                RatingsSource(str(path), partial(io.BytesIO, content))
                for path, (content, _) in heads.items()
            ],
            ratings_format=cast("RatingsFormat | None", dataset.get("format")),
            columns=cast("Mapping[RatingField, str] | None", dataset.get("columns")),
            # What share of a large file is malformed shows only in all of it.
            max_rejected_ratio=limit if is_whole else 1.0,
        )
        table.close()
    except RatingsError as error:
        raise BadInputError(str(error), step="data", error=type(error).__name__) from error
    except OSError as error:
        raise BadInputError(f"{error.filename}: {error.strerror}", step="data") from error


def upload_ratings(
    s3: Any,
    bucket: str,
    files: RatingsFiles,
    name: str | None = None,
    *,
    advance: Callable[[int], None] | None = None,
) -> str:
    """Upload the files below ``raw/`` and return the URI of their prefix.

    Large files are sent in parts; if that is interrupted, boto3 aborts the multipart upload, so
    that S3 keeps no part (S3 user guide, "Aborting a multipart upload").

    Parameters
    ----------
    s3 : boto3 client
    bucket : str
    files : RatingsFiles
    name : str or None
        Folder below ``raw/``; ``None`` takes the files' own name.
    advance : callable or None
        Told how many bytes more were sent, from several threads.
    """
    prefix = prefix_of(files, name)
    # The ratings last: who looks at the folder meanwhile does not take a part for the whole.
    for path in reversed(files.paths):
        s3.upload_file(str(path), bucket, f"{prefix}{path.name}", Callback=advance)
    return f"s3://{bucket}/{prefix}"


def prefix_of(files: RatingsFiles, name: str | None = None) -> str:
    """Return the folder of a data set in the bucket.

    Parameters
    ----------
    files : RatingsFiles
    name : str or None
        ``None`` takes the files' own name.
    """
    return f"{RAW_PREFIX}{name or files.name}/"


def _head(path: Path) -> tuple[bytes, bool]:
    """Return a file's first whole lines, uncompressed, and whether that is all of it.

    Of Parquet, whose table of contents is at its end, all is returned.
    """
    with path.open("rb") as raw:
        return first_lines(raw, _HEAD_BYTES, where=str(path))


def _is_known(path: Path) -> bool:
    with path.open("rb") as file:
        return format_of(file, where=str(path)) is not None


# What the titles file is called that belongs to a ratings file.
_TITLES_NAMES = {"u.data": "u.item", "ratings.csv": "movies.csv", "ratings.dat": "movies.dat"}


def _titles_names(name: str) -> list[str]:
    """Names that the titles file of a ratings file may have."""
    plain = name.removesuffix(".gz").removesuffix(".zst")
    if plain.endswith(".inter"):
        return [plain.removesuffix(".inter") + ".item"]
    return [_TITLES_NAMES[plain]] if plain in _TITLES_NAMES else []


def _key_part(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or DEFAULT_NAME
