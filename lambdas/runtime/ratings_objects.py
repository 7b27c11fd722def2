"""The objects that raw ratings are made of, in the data bucket or elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from lambdas.runtime.store import MISSING, S3_SCHEME, error_code, object_sizes
from recommender.errors import RatingsNotFoundError
from recommender.run_layout import is_ratings_key

_DENIED = {"403", "AccessDenied", "Forbidden", "AllAccessDisabled"}
# Of an object in an archive, which must be restored first.
_UNREADABLE = _DENIED | {"InvalidObjectState"}
_ADVICE = "upload ratings there, or say dataset.uri"


def ratings_objects(client: Any, uri: str) -> dict[str, int]:
    """Find ratings.

    Parameters
    ----------
    client : S3 client of boto3
    uri : str
        ``s3://bucket/key`` of an object, or of a folder whose objects are all meant. Names that
        begin with ``_`` or ``.``, such as ``_SUCCESS``, are passed over.

    Returns
    -------
    dict of str to int
        Sizes in bytes by key, sorted; at least one.

    Raises
    ------
    RatingsNotFoundError
        If there is no object, or none may be seen; says which permission is missing.
    """
    bucket, key = split_uri(uri)
    with _expecting_ratings(uri):
        sizes = _sizes(client, bucket, key)
    if not sizes:
        raise RatingsNotFoundError(
            f"{uri}: expected a ratings file or a folder of them, found no object; {_ADVICE}"
        )
    return sizes


def read_beginning(client: Any, bucket: str, key: str, *, n_bytes: int) -> bytes:
    """Read the first bytes of an object that is not empty; only that shows that it may be read.

    Raises
    ------
    RatingsNotFoundError
        If it may not; says which permission is missing.
    """
    with _expecting_ratings(f"{S3_SCHEME}{bucket}/{key}"):
        found = client.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{n_bytes - 1}")
        content: bytes = found["Body"].read()
    return content


def split_uri(uri: str) -> tuple[str, str]:
    """Take ``s3://bucket/key`` apart."""
    bucket, _, key = uri.removeprefix(S3_SCHEME).partition("/")
    return bucket, key


def _sizes(client: Any, bucket: str, key: str) -> dict[str, int]:
    """Find an object, or the objects of a folder, with their sizes in bytes."""
    if key and not key.endswith("/"):
        try:
            found = client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error_code(error) not in MISSING:
                raise
        else:
            return {key: int(found["ContentLength"])}
    folder = key if not key or key.endswith("/") else f"{key}/"
    return {
        name: n_bytes
        for name, n_bytes in object_sizes(client, bucket, folder).items()
        if is_ratings_key(name)
    }


@contextmanager
def _expecting_ratings(uri: str) -> Iterator[None]:
    """Say of what is missing or forbidden what to do about it."""
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        if code in _UNREADABLE:
            why, advice = "may not be read", _allowance(error.operation_name, uri)
        elif code in MISSING:
            why, advice = "is not there", _ADVICE
        else:
            raise
        raise RatingsNotFoundError(
            f"{uri}: expected ratings, but the bucket or object {why} ({code}); {advice}"
        ) from error


def _allowance(operation: str, uri: str) -> str:
    """Name the permission that an operation needs.

    S3 tells only those who may list the bucket that an object is missing (S3 API reference,
    HeadObject): the others are refused either way.
    """
    bucket = f"arn:aws:s3:::{split_uri(uri)[0]}"
    objects = f"arn:aws:s3:::{uri.removeprefix(S3_SCHEME)}"
    if operation == "ListObjectsV2":
        return f"allow the function's role s3:ListBucket on {bucket}"
    if operation == "HeadObject":
        return (
            f"allow the function's role s3:GetObject on {objects}, and s3:ListBucket on {bucket}, "
            "without which S3 refuses an object that is missing, too"
        )
    return (
        f"allow the function's role s3:GetObject on {objects}, and kms:Decrypt with its key if it "
        "has one; restore it if it is in an archive"
    )
