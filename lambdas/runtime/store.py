"""S3, as far as the functions need it."""

from __future__ import annotations

from typing import Any, Self

import boto3
from botocore.exceptions import ClientError

from lambdas.runtime.settings import Settings
from recommender.errors import ArtifactNotFoundError, RatingsNotFoundError
from recommender.ratings import RatingsSource

_MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_DENIED = {"403", "AccessDenied", "Forbidden", "AllAccessDisabled"}
S3_SCHEME = "s3://"


class ArtifactStore:
    """The data bucket.

    Parameters
    ----------
    client : S3 client of boto3
    bucket : str
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Open the data bucket with the function's own credentials and endpoint."""
        return cls(boto3.client("s3"), settings.data_bucket)

    def uri(self, key: str) -> str:
        """Give the address of a key, ``s3://bucket/key``."""
        return f"{S3_SCHEME}{self._bucket}/{key}"

    def get(self, key: str) -> bytes:
        """Read an object.

        Raises
        ------
        ArtifactNotFoundError
            If it is not there.
        """
        try:
            response = self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if _code(error) in _MISSING:
                raise ArtifactNotFoundError(
                    f"{self.uri(key)}: expected what an earlier step of the run wrote, found "
                    "nothing; run that step again"
                ) from error
            raise
        content: bytes = response["Body"].read()
        return content

    def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """Write an object, replacing what is there."""
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=content, ContentType=content_type
        )

    def keys(self, prefix: str) -> list[str]:
        """List the keys that begin with `prefix`, sorted."""
        return _keys(self._client, self._bucket, prefix)

    def ratings_sources(self, uri: str) -> list[RatingsSource]:
        """Find ratings, here or in another bucket.

        Parameters
        ----------
        uri : str
            ``s3://bucket/key`` of an object, or of a folder whose objects are all read. Names
            that begin with ``_`` or ``.``, such as ``_SUCCESS``, are passed over.

        Raises
        ------
        RatingsNotFoundError
            If there is neither, or it may not be read.
        """
        bucket, _, key = uri.removeprefix(S3_SCHEME).partition("/")
        try:
            keys = _ratings_keys(self._client, bucket, key)
        except ClientError as error:
            code = _code(error)
            if code not in _MISSING | _DENIED:
                raise
            why = "may not be read" if code in _DENIED else "is not there"
            raise RatingsNotFoundError(
                f"{uri}: expected ratings, but the bucket or object {why} ({code}); upload "
                "ratings there, or say dataset.uri"
            ) from error
        if not keys:
            raise RatingsNotFoundError(
                f"{uri}: expected a ratings file or a folder of them, found no object; upload "
                "ratings there, or say dataset.uri"
            )
        return [self._source(bucket, key) for key in keys]

    def _source(self, bucket: str, key: str) -> RatingsSource:
        def open_object() -> Any:
            return self._client.get_object(Bucket=bucket, Key=key)["Body"]

        return RatingsSource(f"{S3_SCHEME}{bucket}/{key}", open_object)


def _ratings_keys(client: Any, bucket: str, key: str) -> list[str]:
    if key and not key.endswith("/"):
        try:
            client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise
        else:
            return [key]
    folder = key if not key or key.endswith("/") else f"{key}/"
    return [
        found
        for found in _keys(client, bucket, folder)
        if not found.endswith("/") and not found.rpartition("/")[2].startswith(("_", "."))
    ]


def _keys(client: Any, bucket: str, prefix: str) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
