"""S3, as far as the functions need it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.exceptions import ClientError

from lambdas.runtime.settings import Settings
from recommender.errors import ArtifactNotFoundError

MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
S3_SCHEME = "s3://"

# Within the connections that boto3 keeps open, 10 by default.
READ_AHEAD = 8


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
        with self._expecting(key):
            response = self._client.get_object(Bucket=self._bucket, Key=key)
        content: bytes = response["Body"].read()
        return content

    def get_each(self, keys: Iterable[str]) -> Iterator[bytes]:
        """Read objects one after the other, the next few meanwhile.

        S3 takes 100 to 200 ms for a small object, which adds up over thousands of them:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html

        Raises
        ------
        ArtifactNotFoundError
            If one is not there, when it is its turn.
        """
        with ThreadPoolExecutor(READ_AHEAD) as pool:
            coming: deque[Future[bytes]] = deque()
            for key in keys:
                coming.append(pool.submit(self.get, key))
                if len(coming) > READ_AHEAD:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()

    def download(self, key: str, path: Path) -> None:
        """Copy an object to a local file, several pieces of a large one at a time.

        Raises
        ------
        ArtifactNotFoundError
            If the object is not there.
        """
        with self._expecting(key):
            self._client.download_file(self._bucket, key, str(path))

    def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """Write an object, replacing what is there."""
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=content, ContentType=content_type
        )

    def upload(self, path: Path, key: str, *, content_type: str) -> None:
        """Write a local file as an object, replacing what is there."""
        self._client.upload_file(
            str(path), self._bucket, key, ExtraArgs={"ContentType": content_type}
        )

    def keys(self, prefix: str) -> list[str]:
        """List the keys that begin with `prefix`, sorted."""
        return list(object_sizes(self._client, self._bucket, prefix))

    def keep_only(self, prefix: str, keys: Collection[str]) -> None:
        """Delete what an earlier attempt left below `prefix`, all but `keys`.

        Who reads a prefix, as SageMaker does, takes everything below it for the whole.
        """
        for key in self.keys(prefix):
            if key not in keys:
                self._client.delete_object(Bucket=self._bucket, Key=key)

    @contextmanager
    def _expecting(self, key: str) -> Iterator[None]:
        """Say of a missing object who should have written it."""
        try:
            yield
        except ClientError as error:
            if error_code(error) not in MISSING:
                raise
            raise ArtifactNotFoundError(
                f"{self.uri(key)}: expected what an earlier step of the run wrote, found "
                "nothing; run that step again"
            ) from error


def object_sizes(client: Any, bucket: str, prefix: str) -> dict[str, int]:
    """List the keys that begin with `prefix`, sorted, with the sizes of their objects in bytes."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", [])}
    return dict(sorted(found.items()))


def error_code(error: ClientError) -> str:
    """Give S3's code of an error, such as ``NoSuchKey``; a bare HTTP status where it has none."""
    return str(error.response.get("Error", {}).get("Code", ""))
