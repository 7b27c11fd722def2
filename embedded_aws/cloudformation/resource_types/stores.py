"""``AWS::SSM::Parameter`` and ``AWS::ECR::Repository``, which ``cdk bootstrap`` makes."""

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
    lower_camel,
)

_LONGEST_NAME = 256


class Parameter(ResourceType):
    """A parameter of Systems Manager."""

    type_name = "AWS::SSM::Parameter"
    properties = frozenset(
        {"AllowedPattern", "DataType", "Description", "Name", "Tags", "Tier", "Type", "Value"}
    )
    immutable = frozenset({"Name"})
    name_property = "Name"

    tags_are_mapping = True

    def create(self, request: Request) -> Physical:
        """Store the parameter."""
        name = request.name("Name", longest=_LONGEST_NAME)
        tags = [{"Key": k, "Value": v} for k, v in request.properties.get("Tags", {}).items()]
        return self._put(request, name, **({"Tags": tags} if tags else {}))

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Store another version."""
        before, after = previous.get("Tags", {}), request.properties.get("Tags", {})
        if before != after:
            ssm, where = (
                request.client("ssm"),
                {"ResourceType": "Parameter", "ResourceId": physical.id},
            )
            ssm.remove_tags_from_resource(**where, TagKeys=sorted(set(before) - set(after)))
            tags = [{"Key": k, "Value": v} for k, v in after.items()]
            ssm.add_tags_to_resource(**where, Tags=tags)
        return self._put(request, physical.id, Overwrite=True)

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the parameter."""
        ssm = request.client("ssm")
        try:
            ssm.delete_parameter(Name=physical.id)
        except ssm.exceptions.ParameterNotFound:
            return

    def _put(self, request: Request, name: str, **more: Any) -> Physical:
        settings = {k: v for k, v in request.properties.items() if k != "Tags"}
        request.client("ssm").put_parameter(**{**settings, "Name": name}, **more)
        return Physical(name, {"Type": settings["Type"], "Value": settings["Value"]})


class Repository(ResourceType):
    """A repository of container images."""

    type_name = "AWS::ECR::Repository"
    properties = frozenset(
        {
            "EmptyOnDelete",
            "EncryptionConfiguration",
            "ImageScanningConfiguration",
            "ImageTagMutability",
            "LifecyclePolicy",
            "RepositoryName",
            "RepositoryPolicyText",
            "Tags",
        }
    )
    immutable = frozenset({"EncryptionConfiguration", "RepositoryName"})
    name_property = "RepositoryName"

    def create(self, request: Request) -> Physical:
        """Make the repository."""
        ecr, properties = request.client("ecr"), request.properties
        name = request.name("RepositoryName", longest=_LONGEST_NAME).lower()
        optional = {
            "encryptionConfiguration": lower_camel(properties.get("EncryptionConfiguration")),
            "imageScanningConfiguration": lower_camel(properties.get("ImageScanningConfiguration")),
            "imageTagMutability": properties.get("ImageTagMutability"),
            "tags": properties.get("Tags"),
        }
        made = ecr.create_repository(
            repositoryName=name, **{n: v for n, v in optional.items() if v is not None}
        )["repository"]
        _set_policies(ecr, name, properties, {})
        return Physical(
            name, {"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]}
        )

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change what differs."""
        ecr, properties, name = request.client("ecr"), request.properties, physical.id
        if changed(properties, previous, "ImageTagMutability"):
            mutability = properties.get("ImageTagMutability", "MUTABLE")
            ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability=mutability)
        if changed(properties, previous, "ImageScanningConfiguration"):
            scanning = properties.get("ImageScanningConfiguration", {"ScanOnPush": False})
            ecr.put_image_scanning_configuration(
                repositoryName=name, imageScanningConfiguration=lower_camel(scanning)
            )
        arn = physical.attributes["Arn"]
        change_tags(
            properties,
            previous,
            remove=lambda keys: ecr.untag_resource(resourceArn=arn, tagKeys=keys),
            put=lambda tags: ecr.tag_resource(resourceArn=arn, tags=tags),
        )
        _set_policies(ecr, name, properties, previous)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the repository; ECR refuses one with images unless EmptyOnDelete is set."""
        ecr = request.client("ecr")
        force = bool(request.properties.get("EmptyOnDelete"))
        try:
            ecr.delete_repository(repositoryName=physical.id, force=force)
        except ecr.exceptions.RepositoryNotFoundException:
            return


def _set_policies(ecr: Any, name: str, properties: Properties, previous: Properties) -> None:
    if changed(properties, previous, "LifecyclePolicy"):
        if "LifecyclePolicy" in properties:
            text = properties["LifecyclePolicy"]["LifecyclePolicyText"]
            ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
        else:
            ecr.delete_lifecycle_policy(repositoryName=name)
    if changed(properties, previous, "RepositoryPolicyText"):
        if "RepositoryPolicyText" in properties:
            text = json.dumps(properties["RepositoryPolicyText"])
            ecr.set_repository_policy(repositoryName=name, policyText=text)
        else:
            ecr.delete_repository_policy(repositoryName=name)
