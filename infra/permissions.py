"""What roles are allowed to do, no wider than what is named; each wildcard has its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.nag import keep_wildcards

_NAMED_LATER = "run ids, job names and numbers of parts are made while a run runs"


def allow(
    role: iam.IRole,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    wildcard_reason: str,
    conditions: Mapping[str, Mapping[str, object]] | None = None,
) -> None:
    """Allow `role` to do `actions` with `resources`.

    Parameters
    ----------
    role : IRole
    actions, resources : sequence of str
        Of a policy statement.
    wildcard_reason : str
        Why those of `resources` that hold a ``*`` cannot be narrower; empty if none does.
    conditions : mapping, optional
        Of a policy statement.
    """
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=list(actions), resources=list(resources), conditions=dict(conditions or {})
        )
    )
    if wildcard_reason:
        keep_wildcards(role, resources, wildcard_reason)


def allow_objects(
    role: iam.IRole,
    bucket: s3.IBucket,
    *,
    reads: Sequence[str] = (),
    writes: Sequence[str] = (),
    uploads: Sequence[str] = (),
    deletes: Sequence[str] = (),
    lists: bool = True,
) -> None:
    """Allow `role` to list `bucket`, and to read, write and delete objects of it.

    The whole bucket may be listed: S3 tells only those that a missing object is missing (404, not
    403), and does not ask for a prefix when it is an object that was asked for.

    Parameters
    ----------
    role : IRole
    bucket : IBucket
    reads : sequence of str
        Patterns, with ``*``, of the keys that are read.
    writes : sequence of str
        Of the keys that are written in one request, or in several that nobody breaks off.
    uploads : sequence of str
        Of the keys that are written in several requests, which a failure breaks off.
    deletes : sequence of str
        Of the keys that are deleted.
    lists : bool
        Whether it lists the bucket, or reads objects that may be missing.
    """
    if lists:
        allow(role, ["s3:ListBucket"], [bucket.bucket_arn], wildcard_reason="")
    for actions, keys in (
        (["s3:GetObject"], reads),
        (["s3:PutObject"], writes),
        (["s3:PutObject", "s3:AbortMultipartUpload"], uploads),
        (["s3:DeleteObject"], deletes),
    ):
        if keys:
            objects = [bucket.arn_for_objects(key) for key in keys]
            allow(role, actions, objects, wildcard_reason=_NAMED_LATER)


def allow_datasets(role: iam.IRole, uris: Sequence[str]) -> None:
    """Allow `role` to read data sets in buckets that are not the stack's own.

    Parameters
    ----------
    role : IRole
    uris : sequence of str
        ``s3://bucket/prefix``; everything below the prefix can be read.
    """
    if not uris:
        return
    locations = [uri.removeprefix("s3://").partition("/") for uri in uris]
    buckets = sorted({f"arn:{Aws.PARTITION}:s3:::{bucket}" for bucket, _, _ in locations})
    objects = [f"arn:{Aws.PARTITION}:s3:::{bucket}/{prefix}*" for bucket, _, prefix in locations]
    allow(role, ["s3:ListBucket"], buckets, wildcard_reason="")
    allow(
        role,
        ["s3:GetObject"],
        objects,
        wildcard_reason="a data set is as many files as its owner has put below the prefix",
    )
