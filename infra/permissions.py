"""Policy statements for S3, no wider than what is named."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3


def object_access(
    bucket: s3.IBucket, *, reads: Sequence[str] = (), writes: Sequence[str] = ()
) -> list[iam.PolicyStatement]:
    """Let someone list `bucket`, and read and write objects of it.

    Parameters
    ----------
    bucket : IBucket
        The bucket. Listing makes a missing object a 404 instead of a 403.
    reads, writes : sequence of str
        Key patterns with ``*``.
    """
    statements = [_allow(["s3:ListBucket", "s3:GetBucketLocation"], [bucket.bucket_arn])]
    if reads:
        statements.append(_allow(["s3:GetObject"], [bucket.arn_for_objects(key) for key in reads]))
    if writes:
        statements.append(
            _allow(
                ["s3:PutObject", "s3:AbortMultipartUpload"],
                [bucket.arn_for_objects(key) for key in writes],
            )
        )
    return statements


def dataset_access(uris: Sequence[str]) -> list[iam.PolicyStatement]:
    """Let someone read data sets in buckets that are not the stack's own.

    Parameters
    ----------
    uris : sequence of str
        ``s3://bucket/prefix``; everything below the prefix can be read.
    """
    if not uris:
        return []
    locations = [uri.removeprefix("s3://").partition("/") for uri in uris]
    buckets = sorted({f"arn:{Aws.PARTITION}:s3:::{bucket}" for bucket, _, _ in locations})
    objects = [f"arn:{Aws.PARTITION}:s3:::{bucket}/{prefix}*" for bucket, _, prefix in locations]
    return [
        _allow(["s3:ListBucket", "s3:GetBucketLocation"], buckets),
        _allow(["s3:GetObject"], objects),
    ]


def _allow(actions: list[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=resources)
