"""What is below ``raw/`` in the data bucket: looked at, and put there."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_problems import aws_problem
from console.embedded_stack import DeployedStack
from console.errors import BadInputError
from console.ratings_format import HEAD_BYTES, format_of
from console.ratings_upload import RatingsFiles, prefix_of, upload_ratings
from recommender.run_layout import RAW_PREFIX

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


@dataclass(frozen=True, slots=True)
class RawObject:
    """An object below ``raw/``.

    Attributes
    ----------
    modified_at : datetime
        UTC.
    format : str or None
        As `console.ratings_format.format_of` tells it.
    """

    key: str
    n_bytes: int
    modified_at: dt.datetime
    format: str | None

    def as_document(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it."""
        return {
            "key": self.key,
            "bytes": self.n_bytes,
            "modified_at": self.modified_at.isoformat(),
            "format": self.format,
        }


def list_raw(stack: DeployedStack, *, limit: int) -> list[RawObject]:
    """List objects by key, and look into the beginning of each.

    Parameters
    ----------
    stack : DeployedStack
    limit : int
        How many at most.

    Raises
    ------
    EnvironmentProblemError
        If S3 cannot be reached or refuses.
    """
    s3 = stack.access.client("s3")
    with _s3_errors(f"s3://{stack.data_bucket}/{RAW_PREFIX}"):
        return [
            RawObject(
                key=str(item["Key"]),
                n_bytes=int(item["Size"]),
                modified_at=item["LastModified"],
                format=_format(s3, stack.data_bucket, item),
            )
            for item in islice(_objects(s3, stack.data_bucket, RAW_PREFIX), limit)
        ]


def upload(
    stack: DeployedStack,
    files: RatingsFiles,
    *,
    name: str | None,
    replace: bool,
    advance: Callable[[int], None],
) -> str:
    """Upload a data set as a whole or not at all, and return the URI of its folder.

    Parameters
    ----------
    stack : DeployedStack
    files : RatingsFiles
    name : str or None
        Folder below ``raw/``; ``None`` takes the files' own name.
    replace : bool
        Take the place of what is in the folder.
    advance : callable
        Told how many bytes more were sent.

    Raises
    ------
    BadInputError
        If the folder holds something that must not be replaced.
    EnvironmentProblemError
        If S3 cannot be reached or refuses.
    """
    s3, bucket, prefix = stack.access.client("s3"), stack.data_bucket, prefix_of(files, name)
    uri = f"s3://{bucket}/{prefix}"
    new = {f"{prefix}{path.name}" for path in files.paths}
    with _s3_errors(uri):
        before = {str(item["Key"]) for item in _objects(s3, bucket, prefix)}
        if before and not replace:
            raise BadInputError(
                f"{uri}: there are {len(before)} objects already, and a run would read them "
                "together; give another --name, or --replace them"
            )
        try:
            upload_ratings(s3, bucket, files, name, advance=advance)
        except BaseException:
            _delete(s3, bucket, new - before)
            raise
        _delete(s3, bucket, before - new)
    return uri


def check_name(name: str | None) -> None:
    """Refuse a folder below ``raw/`` that would be another one, or none.

    Raises
    ------
    BadInputError
        If `name` is not one or several plain words with ``/`` between them.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise BadInputError(
            f"--name {name!r}: expected letters, digits, dots, dashes and underscores, such as "
            "2026-11; / between them makes folders"
        )


def _objects(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        yield from page.get("Contents", [])


def _format(s3: Any, bucket: str, item: dict[str, Any]) -> str | None:
    if not item["Size"]:
        return None
    head = s3.get_object(Bucket=bucket, Key=item["Key"], Range=f"bytes=0-{HEAD_BYTES - 1}")
    return format_of(io.BytesIO(head["Body"].read()), where=str(item["Key"]))


def _delete(s3: Any, bucket: str, keys: set[str]) -> None:
    """Delete objects; the bucket keeps their versions."""
    for key in sorted(keys):
        s3.delete_object(Bucket=bucket, Key=key)


@contextlib.contextmanager
def _s3_errors(where: str) -> Iterator[None]:
    from boto3.exceptions import S3UploadFailedError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise aws_problem(where, error) from error
    except S3UploadFailedError as error:
        cause = error.__context__
        if isinstance(cause, (BotoCoreError, ClientError)):
            raise aws_problem(where, cause) from error
        raise
