"""Jobs read their channels from S3 and write their results to it, as their role may.

The first words of the reasons are SageMaker's own, as seen in public reports of failed jobs; how
it goes on when an upload is denied is not documented.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from embedded_aws.iam.role_sessions import RoleSession
from embedded_aws.role_clients import client_as
from embedded_aws.sagemaker.job import JobFailedError


def split_uri(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key.

    Raises
    ------
    JobFailedError
        If it is no S3 URI.
    """
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc:
        raise JobFailedError(f"ClientError: expected an S3 URI like s3://bucket/key, found {uri!r}")
    return parts.netloc, parts.path.lstrip("/")


class Storage:
    """S3 as one job sees it.

    Parameters
    ----------
    region : str
        The job's region.
    session : RoleSession
        The job's role.
    """

    def __init__(self, region: str, session: RoleSession):
        self._s3: Any = client_as(session, region, "s3")

    def keys_under(self, uri: str) -> Iterator[str]:
        """List the objects whose key begins with a URI's key, sorted.

        Raises
        ------
        JobFailedError
            If there are none, in SageMaker's words.
        """
        bucket, prefix = split_uri(uri)
        found = False
        try:
            for page in self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix
            ):
                for item in page.get("Contents", []):
                    if not item["Key"].endswith("/"):
                        found = True
                        yield item["Key"]
        except ClientError as error:
            raise JobFailedError(f"ClientError: Data download failed: {error}") from error
        if not found:
            raise JobFailedError(
                f'ClientError: Data download failed:No S3 objects found under S3 URL "{uri}" given '
                "in input data source. Please ensure that the bucket exists in the selected "
                f'region ("{self._s3.meta.region_name}"), that objects exist under that S3 prefix, '
                'and that the role has "s3:ListBucket" permissions on the bucket.'
            )

    def download_prefix(self, uri: str, directory: Path) -> None:
        """Download every object under a URI, keeping the part of the key after it.

        Raises
        ------
        JobFailedError
            If there are none, one may not be read, or its key leads out of `directory`.
        """
        bucket, prefix = split_uri(uri)
        folder = prefix[: prefix.rfind("/") + 1]
        for key in self.keys_under(uri):
            target = directory / key.removeprefix(folder)
            if not target.resolve().is_relative_to(directory.resolve()):
                raise JobFailedError(
                    f"ClientError: Data download failed:the key {key!r} leads outside the "
                    "channel's folder"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            self.download(f"s3://{bucket}/{key}", target)

    def download(self, uri: str, path: Path) -> None:
        """Download one object.

        Raises
        ------
        JobFailedError
            If it is not there, or may not be read.
        """
        bucket, key = split_uri(uri)
        try:
            self._s3.download_file(bucket, key, str(path))
        except ClientError as error:
            raise JobFailedError(
                f"ClientError: Data download failed:Unable to download object {uri} "
                f"({_reason(error)})"
            ) from error

    def upload(self, path: Path, uri: str) -> None:
        """Upload one file.

        Raises
        ------
        JobFailedError
            If it may not be written.
        """
        bucket, key = split_uri(uri)
        try:
            self._s3.upload_file(str(path), bucket, key)
        except S3UploadFailedError as error:
            raise JobFailedError(f"ClientError: Artifact upload failed:{error}") from error


def _reason(error: ClientError) -> str:
    """Say why; S3 tells who asks for an object's head first the status only."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    return "AccessDenied: Access Denied" if code == "403" else f"{code}: {message}"
