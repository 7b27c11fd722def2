"""Raw ratings in S3, in the data bucket or elsewhere."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lambdas.runtime.store import MISSING, S3_SCHEME, error_code, object_sizes
from recommender.errors import RatingsNotFoundError
from recommender.ratings import RatingsSource

_DENIED = {"403", "AccessDenied", "Forbidden", "AllAccessDisabled"}


def ratings_sources(client: Any, uri: str) -> list[RatingsSource]:
    """Find ratings.

    Parameters
    ----------
    client : S3 client of boto3
    uri : str
        ``s3://bucket/key`` of an object, or of a folder whose objects are all read. Names that
        begin with ``_`` or ``.``, such as ``_SUCCESS``, are passed over.

    Raises
    ------
    RatingsNotFoundError
        If there is neither, or it may not be read.
    """
    bucket, _, key = uri.removeprefix(S3_SCHEME).partition("/")
    try:
        sizes = _sizes(client, bucket, key)
    except ClientError as error:
        code = error_code(error)
        if code not in MISSING | _DENIED:
            raise
        why = "may not be read" if code in _DENIED else "is not there"
        raise RatingsNotFoundError(
            f"{uri}: expected ratings, but the bucket or object {why} ({code}); upload ratings "
            "there, or say dataset.uri"
        ) from error
    if not sizes:
        raise RatingsNotFoundError(
            f"{uri}: expected a ratings file or a folder of them, found no object; upload ratings "
            "there, or say dataset.uri"
        )
    return [_source(client, bucket, key, n_bytes) for key, n_bytes in sizes.items()]


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
        if not name.endswith("/") and not name.rpartition("/")[2].startswith(("_", "."))
    }


def _source(client: Any, bucket: str, key: str, n_bytes: int) -> RatingsSource:
    def open_object() -> Any:
        return client.get_object(Bucket=bucket, Key=key)["Body"]

    return RatingsSource(f"{S3_SCHEME}{bucket}/{key}", open_object, n_bytes)
