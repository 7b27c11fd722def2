"""As much of an S3 client as the functions use, on a local folder: a bucket is a folder in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from unittest.mock import patch

from botocore.exceptions import ClientError

BUCKET = "data-bucket"
# What Preprocess has when it is deployed, and by which it shares out its memory.
_FUNCTION_MEMORY_MIB = 3072


@contextmanager
def s3_in_folder(root: Path) -> Iterator[None]:
    """Let a function find its data bucket in a local folder, and the environment it has on AWS.

    Parameters
    ----------
    root : Path
        Has a folder for each bucket.
    """
    environment = {
        "DATA_BUCKET": BUCKET,
        "LOG_LEVEL": "WARNING",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_FUNCTION_MEMORY_MIB),
    }
    with (
        patch.dict(os.environ, environment),
        patch("boto3.client", lambda _: FolderClient(root)),
    ):
        yield


class FolderClient:
    """Called like boto3's client.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, int]:  # noqa: N803
        """Tell an object's size."""
        return {"ContentLength": self._existing(Bucket, Key).stat().st_size}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, BinaryIO]:  # noqa: N803
        """Open an object."""
        return {"Body": self._existing(Bucket, Key).open("rb")}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        """Write an object."""
        self._new(Bucket, Key).write_bytes(Body)

    def download_file(self, bucket: str, key: str, path: str) -> None:
        """Copy an object to a file."""
        shutil.copyfile(self._existing(bucket, key), path)

    def upload_file(self, path: str, bucket: str, key: str, **_: Any) -> None:
        """Copy a file to an object."""
        shutil.copyfile(path, self._new(bucket, key))

    def get_paginator(self, operation: str) -> FolderClient:
        """Begin to list objects, the only thing that has pages here."""
        if operation != "list_objects_v2":
            raise ValueError(f"expected list_objects_v2, found {operation}")
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """List objects with their sizes, on one page."""
        bucket = self._root / Bucket
        sizes = {
            path.relative_to(bucket).as_posix(): path.stat().st_size
            for path in bucket.rglob("*")
            if path.is_file()
        }
        contents = [{"Key": key, "Size": size} for key, size in sizes.items()]
        yield {"Contents": [entry for entry in contents if str(entry["Key"]).startswith(Prefix)]}

    def _existing(self, bucket: str, key: str) -> Path:
        path = self._root / bucket / key
        if not path.is_file():
            raise ClientError({"Error": {"Code": "404", "Message": str(path)}}, "GetObject")
        return path

    def _new(self, bucket: str, key: str) -> Path:
        path = self._root / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
