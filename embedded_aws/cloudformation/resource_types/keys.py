"""``AWS::KMS::Key`` and ``AWS::KMS::Alias``."""

from __future__ import annotations

import json
from typing import Any

from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    change_tags,
    changed,
)

_PENDING_DAYS = 30  # what AWS takes when the template does not say


class Key(ResourceType):
    """A key."""

    type_name = "AWS::KMS::Key"
    properties = frozenset(
        {
            "Description",
            "EnableKeyRotation",
            "Enabled",
            "KeyPolicy",
            "KeySpec",
            "KeyUsage",
            "MultiRegion",
            "PendingWindowInDays",
            "Tags",
        }
    )
    immutable = frozenset({"KeySpec", "KeyUsage", "MultiRegion"})

    def create(self, request: Request) -> Physical:
        """Make the key."""
        kms, properties = request.client("kms"), request.properties
        optional = {
            "Description": properties.get("Description"),
            "KeySpec": properties.get("KeySpec"),
            "KeyUsage": properties.get("KeyUsage"),
            "MultiRegion": properties.get("MultiRegion"),
            "Policy": json.dumps(properties["KeyPolicy"]) if "KeyPolicy" in properties else None,
            "Tags": _api_tags(properties),
        }
        key = kms.create_key(**{n: v for n, v in optional.items() if v})["KeyMetadata"]
        _set_state(kms, key["KeyId"], properties, {"Enabled": True})
        return Physical(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change what differs."""
        kms, properties, key = request.client("kms"), request.properties, physical.id
        if changed(properties, previous, "Description"):
            kms.update_key_description(KeyId=key, Description=properties.get("Description", ""))
        if changed(properties, previous, "KeyPolicy"):
            policy = json.dumps(properties["KeyPolicy"])
            kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
        change_tags(
            properties,
            previous,
            remove=lambda keys: kms.untag_resource(KeyId=key, TagKeys=keys),
            put=lambda _: kms.tag_resource(KeyId=key, Tags=_api_tags(properties)),
        )
        _set_state(kms, key, properties, {"Enabled": True, **previous})
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Schedule the deletion; KMS deletes no key at once."""
        days = int(request.properties.get("PendingWindowInDays", _PENDING_DAYS))
        request.client("kms").schedule_key_deletion(KeyId=physical.id, PendingWindowInDays=days)


class Alias(ResourceType):
    """A name of a key."""

    type_name = "AWS::KMS::Alias"
    properties = frozenset({"AliasName", "TargetKeyId"})
    immutable = frozenset({"AliasName"})
    name_property = "AliasName"

    def create(self, request: Request) -> Physical:
        """Name the key."""
        request.client("kms").create_alias(**request.properties)
        return Physical(request.properties["AliasName"])

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:  # noqa: ARG002
        """Give the name to another key."""
        request.client("kms").update_alias(**request.properties)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Take the name away."""
        kms = request.client("kms")
        try:
            kms.delete_alias(AliasName=physical.id)
        except kms.exceptions.NotFoundException:
            return


def _api_tags(properties: Properties) -> list[dict[str, str]]:
    return [{"TagKey": t["Key"], "TagValue": t["Value"]} for t in properties.get("Tags", [])]


def _set_state(kms: Any, key: str, properties: Properties, previous: Properties) -> None:
    rotates = bool(properties.get("EnableKeyRotation"))
    if rotates != bool(previous.get("EnableKeyRotation")):
        (kms.enable_key_rotation if rotates else kms.disable_key_rotation)(KeyId=key)
    enabled = bool(properties.get("Enabled", True))
    if enabled != previous["Enabled"]:
        (kms.enable_key if enabled else kms.disable_key)(KeyId=key)
