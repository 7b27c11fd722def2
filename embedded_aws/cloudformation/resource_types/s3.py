"""``AWS::S3::Bucket`` and ``AWS::S3::BucketPolicy``."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from embedded_aws.cloudformation.errors import ResourceFailure
from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    changed,
    generated_name,
)

_LONGEST_NAME = 63
_DEFAULT_ENCRYPTION = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


class Bucket(ResourceType):
    """A bucket with everything that its properties say."""

    type_name = "AWS::S3::Bucket"
    properties = frozenset(
        {
            "AccessControl",
            "BucketEncryption",
            "BucketName",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "NotificationConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "Tags",
            "VersioningConfiguration",
        }
    )
    immutable = frozenset({"BucketName"})
    name_property = "BucketName"

    def create(self, request: Request) -> Physical:
        """Make the bucket, unless there is one of that name."""
        s3 = request.client("s3")
        name = request.properties.get("BucketName") or generated_name(
            request.stack_name.lower(), request.logical_id.lower(), _LONGEST_NAME
        )
        name = name.lower()
        if _exists(s3, name):
            raise ResourceFailure(f"{name} already exists")
        place = {"LocationConstraint": request.region}
        s3.create_bucket(
            Bucket=name,
            **({} if request.region == "us-east-1" else {"CreateBucketConfiguration": place}),
        )
        try:
            _configure(s3, name, request.properties, {})
        except ClientError:
            s3.delete_bucket(Bucket=name)
            raise
        return _physical(name, request.region)

    def find(self, request: Request) -> Physical | None:
        """Return the bucket of that name."""
        name = request.properties.get("BucketName")
        if name is None or not _exists(request.client("s3"), name):
            return None
        return _physical(name, request.region)

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change what differs."""
        _configure(request.client("s3"), physical.id, request.properties, previous)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the bucket; S3 refuses one that is not empty."""
        try:
            request.client("s3").delete_bucket(Bucket=physical.id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise


class BucketPolicy(ResourceType):
    """The policy of one bucket."""

    type_name = "AWS::S3::BucketPolicy"
    properties = frozenset({"Bucket", "PolicyDocument"})
    immutable = frozenset({"Bucket"})

    def create(self, request: Request) -> Physical:
        """Put the policy on its bucket."""
        bucket = str(request.properties["Bucket"])
        policy = json.dumps(request.properties["PolicyDocument"])
        request.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
        return Physical(bucket)

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:  # noqa: ARG002
        """Replace the policy."""
        return self.create(request)

    def delete(self, request: Request, physical: Physical) -> None:
        """Take the policy off its bucket."""
        try:
            request.client("s3").delete_bucket_policy(Bucket=physical.id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise


def _exists(s3: Any, name: str) -> bool:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError:
        return False
    return True


def _physical(name: str, region: str) -> Physical:
    return Physical(
        name,
        {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
        },
    )


def _configure(s3: Any, bucket: str, properties: Properties, previous: Properties) -> None:
    for name, set_property in _SETTERS.items():
        if changed(properties, previous, name):
            set_property(s3, bucket, properties.get(name))


def _set_access(s3: Any, bucket: str, value: str | None) -> None:
    words = (value or "Private").replace("AuthenticatedRead", "Authenticated-Read")
    acl = words.replace("PublicRead", "Public-Read").replace("ReadWrite", "Read-Write").lower()
    s3.put_bucket_acl(Bucket=bucket, ACL=acl)


def _set_encryption(s3: Any, bucket: str, value: Any) -> None:
    rules = (value or {}).get("ServerSideEncryptionConfiguration", [_DEFAULT_ENCRYPTION])
    names = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{names.get(k, k): v for k, v in rule.items()} for rule in rules]
        },
    )


def _set_lifecycle(s3: Any, bucket: str, value: Any) -> None:
    if not value:
        s3.delete_bucket_lifecycle(Bucket=bucket)
        return
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]},
    )


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Translate a template's rule into the API's."""
    same = ("Status", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
    api: dict[str, Any] = {name: rule[name] for name in same if name in rule}
    api["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if "Id" in rule:
        api["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        api["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    elif rule.get("ExpiredObjectDeleteMarker"):
        api["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if "Transitions" in rule:
        api["Transitions"] = [
            {"Days": int(t["TransitionInDays"]), "StorageClass": t["StorageClass"]}
            for t in rule["Transitions"]
        ]
    known = {*same, "Prefix", "Id", "ExpirationInDays", "ExpiredObjectDeleteMarker", "Transitions"}
    if set(rule) - known:
        raise ResourceFailure(
            "The embedded AWS does not offer these parts of a lifecycle rule: "
            f"{', '.join(sorted(set(rule) - known))}"
        )
    return api


def _set_logging(s3: Any, bucket: str, value: Any) -> None:
    enabled = {
        "TargetBucket": value.get("DestinationBucketName", bucket),
        "TargetPrefix": value.get("LogFilePrefix", ""),
    } if value else None  # fmt: skip
    s3.put_bucket_logging(
        Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled} if enabled else {}
    )


def _set_notifications(s3: Any, bucket: str, value: Any) -> None:
    value = value or {}
    api: dict[str, Any] = {}
    if (value.get("EventBridgeConfiguration") or {}).get("EventBridgeEnabled"):
        api["EventBridgeConfiguration"] = {}
    for name, target, arn in (
        ("LambdaConfigurations", "Function", "LambdaFunctionArn"),
        ("QueueConfigurations", "Queue", "QueueArn"),
        ("TopicConfigurations", "Topic", "TopicArn"),
    ):
        if value.get(name):
            api[name.replace("Lambda", "LambdaFunction")] = [
                {
                    arn: item[target],
                    "Events": [item["Event"]],
                    **({"Filter": _notification_filter(item)} if "Filter" in item else {}),
                }
                for item in value[name]
            ]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=api)


def _notification_filter(item: dict[str, Any]) -> dict[str, Any]:
    return {"Key": {"FilterRules": item["Filter"]["S3Key"]["Rules"]}}


def _set_ownership(s3: Any, bucket: str, value: Any) -> None:
    if value:
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=value)
    else:
        s3.delete_bucket_ownership_controls(Bucket=bucket)


def _set_public_access(s3: Any, bucket: str, value: Any) -> None:
    if value:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=value)
    else:
        s3.delete_public_access_block(Bucket=bucket)


def _set_tags(s3: Any, bucket: str, value: Any) -> None:
    if value:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": value})
    else:
        s3.delete_bucket_tagging(Bucket=bucket)


def _set_versioning(s3: Any, bucket: str, value: Any) -> None:
    status = (value or {}).get("Status", "Suspended")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


_SETTERS = {
    "AccessControl": _set_access,
    "BucketEncryption": _set_encryption,
    "LifecycleConfiguration": _set_lifecycle,
    "LoggingConfiguration": _set_logging,
    "NotificationConfiguration": _set_notifications,
    "OwnershipControls": _set_ownership,
    "PublicAccessBlockConfiguration": _set_public_access,
    "Tags": _set_tags,
    "VersioningConfiguration": _set_versioning,
}
