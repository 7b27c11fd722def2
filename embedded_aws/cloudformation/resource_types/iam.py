"""``AWS::IAM::Role``, ``AWS::IAM::Policy`` and ``AWS::IAM::ManagedPolicy``."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    change_tags,
    changed,
    pick,
)

_LONGEST_NAME = 64
_LONGEST_POLICY_NAME = 128
# An IAM policy keeps five versions; older ones make room for a new one.
_MOST_POLICY_VERSIONS = 5


class Role(ResourceType):
    """A role, its inline policies and the managed ones attached to it."""

    type_name = "AWS::IAM::Role"
    properties = frozenset(
        {
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        }
    )
    immutable = frozenset({"RoleName", "Path"})
    name_property = "RoleName"

    def create(self, request: Request) -> Physical:
        """Make the role and give it its policies."""
        iam, properties = request.client("iam"), request.properties
        name = request.name("RoleName", longest=_LONGEST_NAME)
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]),
            **pick(
                properties,
                "Description",
                "MaxSessionDuration",
                "Path",
                "PermissionsBoundary",
                "Tags",
            ),
        )["Role"]
        physical = Physical(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})
        try:
            _set_role_policies(iam, name, properties, {})
        except ClientError:
            self.delete(request, physical)
            raise
        return physical

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change what differs."""
        iam, properties, name = request.client("iam"), request.properties, physical.id
        if changed(properties, previous, "AssumeRolePolicyDocument"):
            document = json.dumps(properties["AssumeRolePolicyDocument"])
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
        if any(changed(properties, previous, p) for p in ("Description", "MaxSessionDuration")):
            iam.update_role(
                RoleName=name,
                Description=properties.get("Description", ""),
                MaxSessionDuration=int(properties.get("MaxSessionDuration", 3600)),
            )
        if changed(properties, previous, "PermissionsBoundary"):
            if "PermissionsBoundary" in properties:
                iam.put_role_permissions_boundary(
                    RoleName=name, PermissionsBoundary=properties["PermissionsBoundary"]
                )
            else:
                iam.delete_role_permissions_boundary(RoleName=name)
        change_tags(
            properties,
            previous,
            remove=lambda keys: iam.untag_role(RoleName=name, TagKeys=keys),
            put=lambda tags: iam.tag_role(RoleName=name, Tags=tags),
        )
        _set_role_policies(iam, name, properties, previous)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the role with its own policies; IAM refuses if it has others."""
        iam = request.client("iam")
        try:
            _set_role_policies(iam, physical.id, {}, request.properties)
            iam.delete_role(RoleName=physical.id)
        except iam.exceptions.NoSuchEntityException:
            return


class Policy(ResourceType):
    """One inline policy, the same for several roles."""

    type_name = "AWS::IAM::Policy"
    properties = frozenset({"PolicyDocument", "PolicyName", "Roles"})
    immutable = frozenset({"PolicyName"})

    def create(self, request: Request) -> Physical:
        """Put the policy on each role."""
        _put(request, request.properties["Roles"])
        return Physical(f"{request.stack_name[:5]}-{request.properties['PolicyName']}"[:128])

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Replace the policy, and take it off roles that are no longer named."""
        _put(request, request.properties["Roles"])
        gone = [role for role in previous["Roles"] if role not in request.properties["Roles"]]
        _remove(request, gone)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:  # noqa: ARG002
        """Take the policy off its roles."""
        _remove(request, request.properties["Roles"])


class ManagedPolicy(ResourceType):
    """A policy of its own, attached to roles."""

    type_name = "AWS::IAM::ManagedPolicy"
    properties = frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"})
    immutable = frozenset({"Description", "ManagedPolicyName", "Path"})
    name_property = "ManagedPolicyName"

    def create(self, request: Request) -> Physical:
        """Make the policy and attach it."""
        iam = request.client("iam")
        arn = iam.create_policy(
            PolicyName=request.name("ManagedPolicyName", longest=_LONGEST_POLICY_NAME),
            PolicyDocument=json.dumps(request.properties["PolicyDocument"]),
            **pick(request.properties, "Description", "Path"),
        )["Policy"]["Arn"]
        for role in request.properties.get("Roles", []):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        return Physical(arn, {"PolicyArn": arn})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Make a new default version, attach and detach."""
        iam, properties = request.client("iam"), request.properties
        if changed(properties, previous, "PolicyDocument"):
            versions = iam.list_policy_versions(PolicyArn=physical.id)["Versions"]
            old = [v["VersionId"] for v in versions if not v["IsDefaultVersion"]]
            if len(versions) >= _MOST_POLICY_VERSIONS:
                iam.delete_policy_version(PolicyArn=physical.id, VersionId=min(old, key=_number))
            iam.create_policy_version(
                PolicyArn=physical.id,
                PolicyDocument=json.dumps(properties["PolicyDocument"]),
                SetAsDefault=True,
            )
        before, after = set(previous.get("Roles", [])), set(properties.get("Roles", []))
        for role in sorted(after - before):
            iam.attach_role_policy(RoleName=role, PolicyArn=physical.id)
        for role in sorted(before - after):
            iam.detach_role_policy(RoleName=role, PolicyArn=physical.id)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Detach the policy from its roles and delete it with all versions."""
        iam = request.client("iam")
        try:
            for role in request.properties.get("Roles", []):
                iam.detach_role_policy(RoleName=role, PolicyArn=physical.id)
            for version in iam.list_policy_versions(PolicyArn=physical.id)["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=physical.id, VersionId=version["VersionId"])
            iam.delete_policy(PolicyArn=physical.id)
        except iam.exceptions.NoSuchEntityException:
            return


def _set_role_policies(iam: Any, role: str, properties: Properties, previous: Properties) -> None:
    before, after = previous.get("ManagedPolicyArns", []), properties.get("ManagedPolicyArns", [])
    for arn in after:
        if arn not in before:
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in before:
        if arn not in after:
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    inline = {p["PolicyName"]: p["PolicyDocument"] for p in properties.get("Policies", [])}
    for name, document in inline.items():
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    for policy in previous.get("Policies", []):
        if policy["PolicyName"] not in inline:
            iam.delete_role_policy(RoleName=role, PolicyName=policy["PolicyName"])


def _put(request: Request, roles: list[str]) -> None:
    properties = request.properties
    for role in roles:
        request.client("iam").put_role_policy(
            RoleName=role,
            PolicyName=properties["PolicyName"],
            PolicyDocument=json.dumps(properties["PolicyDocument"]),
        )


def _remove(request: Request, roles: list[str]) -> None:
    iam = request.client("iam")
    for role in roles:
        try:
            iam.delete_role_policy(RoleName=role, PolicyName=request.properties["PolicyName"])
        except iam.exceptions.NoSuchEntityException:
            continue


def _number(version_id: str) -> int:
    return int(version_id.lstrip("v"))
