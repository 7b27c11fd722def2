"""Which policies apply to a request, as the embedded IAM and the resources have them right now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from embedded_aws.iam.errors import RoleNotAssumableError
from embedded_aws.iam.policy_evaluation import Statement, parse_policy

BOUNDARY = "permissions boundary"


def role_of(role_arn: str) -> Any:
    """Return the embedded IAM's role.

    Raises
    ------
    RoleNotAssumableError
        If there is none.
    """
    _, partition, _, _, account_id, _ = role_arn.split(":", 5)
    for role in list(iam_backends[account_id][partition].roles.values()):
        if role.arn == role_arn:
            return role
    raise RoleNotAssumableError(f"there is no role {role_arn}")


def identity_statements(role: Any) -> tuple[Statement, ...]:
    """Statements of a role's inline policies and of the managed policies attached to it."""
    documents = [
        *role.policies.items(),
        *((policy.name, _default_version(policy)) for policy in role.managed_policies.values()),
    ]
    return tuple(s for name, document in documents for s in parse_policy(name, _text(document)))


def boundary_statements(role: Any) -> tuple[Statement, ...] | None:
    """Statements of a role's permissions boundary; None if it has none."""
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    managed = iam_backends[role.account_id][role.partition].managed_policies
    return parse_policy(BOUNDARY, _text(_default_version(managed[arn])))


def trust_statements(role: Any) -> tuple[Statement, ...]:
    """Statements about who may assume a role."""
    return parse_policy("trust policy", _text(role.assume_role_policy_document))


def resource_statements(arn: str, account_id: str) -> Sequence[Statement] | None:
    """Statements of the policy that a resource has itself; None if it has none.

    Buckets, keys, topics and queues are looked at. Functions are not: their policies can only
    allow, and here they allow services, not roles.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return None
    _, partition, service, region, _, name = parts
    document: Any = None
    if service == "s3":
        arn = arn.partition("/")[0]
        bucket = s3_backends[account_id][partition].buckets.get(arn.rpartition(":")[2])
        document = bucket.policy if bucket else None
    elif service == "kms":
        key = kms_backends[account_id][region].keys.get(name.removeprefix("key/"))
        document = key.policy if key else None
    elif service == "sns":
        topic = sns_backends[account_id][region].topics.get(arn)
        document = topic.policy if topic else None
    elif service == "sqs":
        document = getattr(_queue(account_id, region, name), "policy", None)
    return parse_policy(f"policy of {arn}", _text(document)) if document else None


def _queue(account_id: str, region: str, name: str) -> Any:
    return sqs_backends[account_id][region].queues.get(name)


def bucket_key(bucket_name: str, account_id: str, partition: str) -> str | None:
    """ARN of the key that a bucket encrypts with; None for S3's own."""
    bucket = s3_backends[account_id][partition].buckets.get(bucket_name)
    if bucket is None or not bucket.encryption:
        return None
    default = bucket.encryption["Rule"]["ApplyServerSideEncryptionByDefault"]
    key: str | None = default.get("KMSMasterKeyID")
    return key


def object_of(bucket_name: str, key: str, account_id: str, partition: str) -> Any:
    """Return the embedded S3's object; None if there is none."""
    bucket = s3_backends[account_id][partition].buckets.get(bucket_name)
    return bucket.keys.get(key) if bucket else None


def topic_key(arn: str) -> str | None:
    """Key that a topic encrypts with; None if it does not."""
    _, _, _, region, account_id, _ = arn.split(":", 5)
    topic = sns_backends[account_id][region].topics.get(arn)
    return (topic.kms_master_key_id or None) if topic else None


def queue_key(arn: str) -> str | None:
    """Key that a queue encrypts with; None if it does not."""
    _, _, _, region, account_id, name = arn.split(":", 5)
    return getattr(_queue(account_id, region, name), "kms_master_key_id", None) or None


def key_arn(key_id: str, account_id: str, region: str) -> str:
    """ARN of a key that is named by its id, its ARN, or an alias."""
    try:
        found = kms_backends[account_id][region].describe_key(key_id)
    except (JsonRESTError, KeyError):
        return key_id
    return str(found.arn)


def _default_version(policy: Any) -> Any:
    (version,) = (v for v in policy.versions if v.version_id == policy.default_version_id)
    return version.document


def _text(document: Any) -> str:
    if isinstance(document, bytes):
        return document.decode()
    return document if isinstance(document, str) else json.dumps(document)
