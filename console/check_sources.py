"""The files that a check of ratings reads, with the format of each."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_options import AwsOptions
from console.aws_problems import aws_problem
from console.errors import BadInputError
from console.ratings_format import HEAD_BYTES, format_of
from console.ratings_upload import RatingsFiles
from lambdas.preprocess.ratings_sources import ratings_sources
from lambdas.runtime.store import S3_SCHEME
from recommender.ratings import RatingsSource
from recommender.source_record import SourceRecord

Formats = dict[str, str | None]


def local_sources(files: RatingsFiles) -> tuple[list[RatingsSource], Formats]:
    """Read files of this machine.

    Parameters
    ----------
    files : RatingsFiles

    Returns
    -------
    sources : list of RatingsSource
    formats : dict of str to (str or None)
        By name, as `format_of` tells it.

    Raises
    ------
    BadInputError
        If one cannot be read.
    """
    try:
        sources = [
            RatingsSource(str(path), partial(_open, path), path.stat().st_size)
            for path in files.paths
        ]
        return sources, {source.name: _format(source) for source in sources}
    except OSError as error:
        raise BadInputError(f"{error.filename}: {error.strerror}", step="data") from error


def s3_sources(uri: str, aws: AwsOptions) -> tuple[list[RatingsSource], Formats]:
    """Read objects, found as Preprocess finds them.

    Parameters
    ----------
    uri : str
        ``s3://bucket/key`` of an object or a folder.
    aws : AwsOptions

    Raises
    ------
    BadInputError
        If it is no such address.
    EnvironmentProblemError
        If S3 cannot be reached or refuses.
    RatingsNotFoundError
        If there is none, or it may not be read.
    """
    if not uri.startswith(S3_SCHEME) or uri == S3_SCHEME:
        raise BadInputError(f"{uri}: expected a path, or s3://BUCKET/KEY of an object or a folder")
    try:
        sources = ratings_sources(aws.access().client("s3"), uri, SourceRecord())
        return sources, {source.name: _format(source) for source in sources}
    except (BotoCoreError, ClientError) as error:
        raise aws_problem(uri, error) from error


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _format(source: RatingsSource) -> str | None:
    with source.open() as stream:
        head = stream.read(HEAD_BYTES)
    return format_of(io.BytesIO(head), where=source.name) if head else None
