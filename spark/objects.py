"""S3, as far as the job's driver and executors need it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.exceptions import ClientError

from recommender.errors import RatingsFormatError, RatingsNotFoundError
from recommender.ratings.line_range import Stream
from recommender.run_layout import is_ratings_key
from recommender.source_record import MAX_RECORDED, SourceRecord

_MISSING = {"404", "NoSuchKey", "NotFound"}
_CHANGED = {"412", "PreconditionFailed"}
_SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class RatingsObject:
    """An object of raw ratings, as it was when the job listed it.

    Attributes
    ----------
    bucket, key : str
    n_bytes : int
    etag : str
        Names the content: who reads another one is refused.
    """

    bucket: str
    key: str
    n_bytes: int
    etag: str

    @property
    def uri(self) -> str:
        """Address, ``s3://bucket/key``."""
        return f"{_SCHEME}{self.bucket}/{self.key}"

    def read_from(self, begin: int, end: int | None = None) -> Stream:
        """Read bytes from `begin` on, before `end`; to be used up or left to be collected.

        Raises
        ------
        RatingsFormatError
            If the object is not the one that was listed any more.
        """
        last = "" if end is None else str(end - 1)
        response = self._ask(_client().get_object, Range=f"bytes={begin}-{last}")
        return cast(Stream, response["Body"])

    def describe(self) -> dict[str, Any]:
        """Give what HeadObject answers.

        Raises
        ------
        RatingsFormatError
            If the object is not the one that was listed any more.
        """
        return self._ask(_client().head_object)

    def _ask(self, operation: Callable[..., dict[str, Any]], **request: Any) -> dict[str, Any]:
        try:
            return operation(Bucket=self.bucket, Key=self.key, IfMatch=self.etag, **request)
        except ClientError as error:
            if _code(error) not in _CHANGED | _MISSING:
                raise
            raise RatingsFormatError(
                f"{self.uri}: expected the object that was there when the job began, found "
                f"another one or none ({_code(error)}); start the run again when nobody writes "
                "there"
            ) from error


def record_of(sources: Sequence[RatingsObject]) -> SourceRecord:
    """Record objects; of those that are named one by one, S3 is asked for the version too."""
    record = SourceRecord()
    for number, source in enumerate(sources):
        listed = {"ContentLength": source.n_bytes, "ETag": source.etag}
        record.add(source.uri, source.describe() if number < MAX_RECORDED else listed)
    return record


def list_ratings(uri: str) -> list[RatingsObject]:
    """Find an object, or the objects of a folder, sorted by key; empty ones hold nothing.

    Parameters
    ----------
    uri : str
        ``s3://bucket/key``.

    Raises
    ------
    RatingsNotFoundError
        If there is none.
    """
    client = _client()
    bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
    found = _object(client, bucket, key) or _folder(client, bucket, key)
    if not found:
        raise RatingsNotFoundError(
            f"{uri}: expected a ratings file or a folder of them, found no object; upload ratings "
            "there, or say dataset.uri"
        )
    return sorted(found, key=lambda one: one.key)


@dataclass(frozen=True, slots=True)
class DataBucket:
    """The bucket that runs write to. Small enough to be sent to the executors.

    Attributes
    ----------
    name : str
    """

    name: str

    def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """Write an object, replacing what is there."""
        _client().put_object(Bucket=self.name, Key=key, Body=content, ContentType=content_type)

    def upload(self, path: Path, key: str, *, content_type: str) -> None:
        """Write a local file as an object, replacing what is there."""
        _client().upload_file(str(path), self.name, key, ExtraArgs={"ContentType": content_type})

    def keep_only(self, prefix: str, keys: Collection[str]) -> None:
        """Delete what an earlier attempt left below `prefix`, all but `keys`.

        Who reads a prefix, as SageMaker does, takes everything below it for the whole.
        """
        client = _client()
        for entry in _entries(client, self.name, prefix):
            if entry["Key"] not in keys:
                client.delete_object(Bucket=self.name, Key=entry["Key"])


@cache
def _client() -> Any:
    """Give the process's own client: making one takes longer than a request."""
    return boto3.client("s3")


def _object(client: Any, bucket: str, key: str) -> list[RatingsObject]:
    if not key or key.endswith("/"):
        return []
    try:
        found = client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _code(error) not in _MISSING:
            raise
        return []
    return [RatingsObject(bucket, key, int(found["ContentLength"]), found["ETag"])]


def _folder(client: Any, bucket: str, key: str) -> list[RatingsObject]:
    prefix = key if not key or key.endswith("/") else f"{key}/"
    return [
        RatingsObject(bucket, entry["Key"], entry["Size"], entry["ETag"])
        for entry in _entries(client, bucket, prefix)
        if is_ratings_key(entry["Key"])
    ]


def _entries(client: Any, bucket: str, prefix: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry for page in pages for entry in page.get("Contents", [])]


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
