"""What a bucket with a KMS key needs of those who use it."""

from __future__ import annotations

from tests.infrastructure.least_privilege.grants import Grant, Template, flat, grants


def key_of(template: Template, bucket: str) -> str | None:
    """ARN of the key that a bucket encrypts with; None for S3's own."""
    encryption = template["Resources"][bucket]["Properties"]["BucketEncryption"]
    (rule,) = encryption["ServerSideEncryptionConfiguration"]
    key = rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID")
    return None if key is None else flat(key)


def reading(template: Template, bucket: str) -> set[Grant]:
    """Amazon S3 user guide, "Using server-side encryption with AWS KMS keys"."""
    key = key_of(template, bucket)
    return grants({"kms:Decrypt"}, [key]) if key else set()


def writing(template: Template, bucket: str, *, in_parts: bool) -> set[Grant]:
    """To put the parts together again S3 decrypts them."""
    key = key_of(template, bucket)
    actions = {"kms:GenerateDataKey"} | ({"kms:Decrypt"} if in_parts else set())
    return grants(actions, [key]) if key else set()
