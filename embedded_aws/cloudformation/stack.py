"""A stack: its resources, its status and what has happened to it."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from embedded_aws.cloudformation.errors import ResourceFailure
from embedded_aws.cloudformation.resource_types.base import Physical, Properties, Request
from embedded_aws.cloudformation.template import Template

STACK_TYPE = "AWS::CloudFormation::Stack"
_MOST_PROPERTY_TEXT = 4096


def now() -> datetime.datetime:
    """Return the present time, as the API shows times."""
    return datetime.datetime.now(datetime.UTC)


class _Required(dict[str, Any]):
    """Properties; asking for one that is not there fails the resource, as on AWS."""

    def __missing__(self, name: str) -> Any:
        raise ResourceFailure(f"Properties validation failed: #: required key [{name}] not found")


@dataclass
class Resource:
    """A resource of a stack.

    Attributes
    ----------
    definition : mapping
        As in the template that it was last deployed from: its policies and dependencies.
    properties : mapping
        What it was last given, with all functions resolved.
    physical : Physical
        What there is.
    """

    logical_id: str
    definition: Mapping[str, Any]
    properties: Properties
    physical: Physical
    status: str
    reason: str | None = None
    timestamp: datetime.datetime = field(default_factory=now)

    @property
    def type_name(self) -> str:
        """The resource type."""
        return str(self.definition["Type"])


@dataclass(frozen=True)
class Revision:
    """What a stack is, or is to become.

    Attributes
    ----------
    template : Template
    given : mapping of str to str
        Parameters as they were given.
    parameters : mapping
        Their values.
    tags : mapping of str to str
        The stack's tags.
    imports_existing : bool
        Whether resources that the template names and keeps (DeletionPolicy Retain) become the
        stack's if they exist already. The embedded AWS imports buckets; others fail as existing.
    """

    template: Template
    given: Mapping[str, str]
    parameters: Mapping[str, Any]
    tags: Mapping[str, str]
    imports_existing: bool = False

    def importable(self, definition: Mapping[str, Any]) -> bool:
        """Say whether a resource of the template may be one that exists already."""
        policy = str(definition.get("DeletionPolicy", ""))
        return self.imports_existing and policy.startswith("Retain")


@dataclass
class Stack:
    """A stack of one account and region."""

    stack_id: str
    name: str
    account_id: str
    region: str
    client: Callable[[str], Any]
    revision: Revision | None = None
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    role_arn: str | None = None
    capabilities: list[str] = field(default_factory=list)
    disable_rollback: bool = False
    termination_protection: bool = False
    created: datetime.datetime = field(default_factory=now)
    updated: datetime.datetime | None = None
    deleted: datetime.datetime | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)
    request_token: str | None = None

    @property
    def exports(self) -> dict[str, str]:
        """Exported outputs by name."""
        return {o["ExportName"]: o["OutputValue"] for o in self.outputs if "ExportName" in o}

    @property
    def pseudo_parameters(self) -> dict[str, Any]:
        """What Ref gives for ``AWS::Region`` and the like."""
        return {
            "AWS::AccountId": self.account_id,
            "AWS::NotificationARNs": [],
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackId": self.stack_id,
            "AWS::StackName": self.name,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def request(self, logical_id: str, type_name: str, properties: Properties) -> Request:
        """Return what a resource type needs to know."""
        return Request(
            logical_id=logical_id,
            type_name=type_name,
            properties=_Required(properties),
            stack_id=self.stack_id,
            stack_name=self.name,
            account_id=self.account_id,
            region=self.region,
            client=self.client,
        )

    def enter(self, status: str, reason: str | None = None) -> None:
        """Take a status and record the event of that."""
        self.status, self.reason = status, reason
        self._record(self.name, self.stack_id, STACK_TYPE, status, reason, None)

    def record(
        self,
        logical_id: str,
        type_name: str,
        status: str,
        *,
        physical_id: str = "",
        reason: str | None = None,
        properties: Properties | None = None,
    ) -> None:
        """Record what happens to a resource, and show it as the resource's status."""
        self._record(logical_id, physical_id, type_name, status, reason, properties)
        if logical_id in self.resources:
            resource = self.resources[logical_id]
            resource.status, resource.reason, resource.timestamp = status, reason, now()

    def _record(
        self,
        logical_id: str,
        physical_id: str,
        type_name: str,
        status: str,
        reason: str | None,
        properties: Properties | None,
    ) -> None:
        event: dict[str, Any] = {
            "StackId": self.stack_id,
            "EventId": f"{logical_id}-{status}-{uuid.uuid4()}",
            "StackName": self.name,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": type_name,
            "Timestamp": self._next_event_time(),
            "ResourceStatus": status,
        }
        if reason is not None:
            event["ResourceStatusReason"] = reason
        if properties is not None:
            event["ResourceProperties"] = json.dumps(properties)[:_MOST_PROPERTY_TEXT]
        if self.request_token is not None:
            event["ClientRequestToken"] = self.request_token
        self.events.append(event)

    def _next_event_time(self) -> datetime.datetime:
        """Return a time of its own for each event: clients order events by milliseconds."""
        time = now()
        if self.events:
            last: datetime.datetime = self.events[-1]["Timestamp"]
            time = max(time, last + datetime.timedelta(milliseconds=1))
        return time
