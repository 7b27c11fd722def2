"""``AWS::Logs::LogGroup`` and ``AWS::Logs::MetricFilter``."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    change_tags,
    changed,
    lower_camel,
    tag_map,
)

_LONGEST_NAME = 512


class LogGroup(ResourceType):
    """A log group with its retention, key and tags."""

    type_name = "AWS::Logs::LogGroup"
    properties = frozenset({"KmsKeyId", "LogGroupName", "RetentionInDays", "Tags"})
    immutable = frozenset({"LogGroupName"})
    name_property = "LogGroupName"

    def create(self, request: Request) -> Physical:
        """Make the log group."""
        client, properties = request.client("logs"), request.properties
        name = request.name("LogGroupName", longest=_LONGEST_NAME)
        client.create_log_group(
            logGroupName=name,
            **({"kmsKeyId": properties["KmsKeyId"]} if "KmsKeyId" in properties else {}),
            **({"tags": tag_map(properties)} if "Tags" in properties else {}),
        )
        _set_retention(client, name, properties, {})
        return Physical(name, {"Arn": request.arn("logs", f"log-group:{name}:*")})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change what differs."""
        client, properties, name = request.client("logs"), request.properties, physical.id
        _set_retention(client, name, properties, previous)
        if changed(properties, previous, "KmsKeyId"):
            if "KmsKeyId" in properties:
                client.associate_kms_key(logGroupName=name, kmsKeyId=properties["KmsKeyId"])
            else:
                client.disassociate_kms_key(logGroupName=name)
        change_tags(
            properties,
            previous,
            remove=lambda keys: client.untag_log_group(logGroupName=name, tags=keys),
            put=lambda _: client.tag_log_group(logGroupName=name, tags=tag_map(properties)),
        )
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the log group with its events."""
        client = request.client("logs")
        try:
            client.delete_log_group(logGroupName=physical.id)
        except client.exceptions.ResourceNotFoundException:
            return


class MetricFilter(ResourceType):
    """A filter that makes metrics from log events."""

    type_name = "AWS::Logs::MetricFilter"
    properties = frozenset({"FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"})
    immutable = frozenset({"FilterName", "LogGroupName"})
    name_property = "FilterName"

    def create(self, request: Request) -> Physical:
        """Put the filter on its log group."""
        return self._put(request, request.name("FilterName", longest=_LONGEST_NAME))

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:  # noqa: ARG002
        """Replace the filter; moto would keep the old one beside the new one."""
        self.delete(request, physical)
        return self._put(request, physical.id)

    def delete(self, request: Request, physical: Physical) -> None:
        """Take the filter away; it may be gone with its log group."""
        client = request.client("logs")
        try:
            client.delete_metric_filter(
                logGroupName=request.properties["LogGroupName"], filterName=physical.id
            )
        except client.exceptions.ResourceNotFoundException:
            return

    def _put(self, request: Request, name: str) -> Physical:
        parameters: dict[str, Any] = lower_camel(dict(request.properties))
        request.client("logs").put_metric_filter(**{**parameters, "filterName": name})
        return Physical(name)


def _set_retention(client: Any, name: str, properties: Properties, previous: Properties) -> None:
    if not changed(properties, previous, "RetentionInDays"):
        return
    if "RetentionInDays" in properties:
        days = int(properties["RetentionInDays"])
        client.put_retention_policy(logGroupName=name, retentionInDays=days)
    else:
        client.delete_retention_policy(logGroupName=name)
