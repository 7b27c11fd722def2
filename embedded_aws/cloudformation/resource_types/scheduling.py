"""Schedules and rules: types of EventBridge Scheduler and EventBridge."""

from __future__ import annotations

import json
from typing import Any

from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    change_tags,
    pick,
)

_LONGEST_NAME = 64
_RULE_PARAMETERS = ("Description", "EventBusName", "RoleArn", "ScheduleExpression", "State")


class Schedule(ResourceType):
    """A schedule; its properties are CreateSchedule's parameters."""

    type_name = "AWS::Scheduler::Schedule"
    properties = frozenset(
        {
            "Description",
            "EndDate",
            "FlexibleTimeWindow",
            "GroupName",
            "KmsKeyArn",
            "Name",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "StartDate",
            "State",
            "Target",
        }
    )
    immutable = frozenset({"GroupName", "Name"})
    name_property = "Name"

    def create(self, request: Request) -> Physical:
        """Make the schedule."""
        name = request.name("Name", longest=_LONGEST_NAME)
        arn = request.client("scheduler").create_schedule(**{**request.properties, "Name": name})
        return Physical(name, {"Arn": arn["ScheduleArn"]})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:  # noqa: ARG002
        """Replace all settings, as UpdateSchedule does."""
        parameters = {**request.properties, "Name": physical.id}
        request.client("scheduler").update_schedule(**parameters)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the schedule; it may be gone with its group."""
        scheduler = request.client("scheduler")
        try:
            group = pick(request.properties, "GroupName")
            scheduler.delete_schedule(Name=physical.id, **group)
        except scheduler.exceptions.ResourceNotFoundException:
            return


class ScheduleGroup(ResourceType):
    """A group of schedules."""

    type_name = "AWS::Scheduler::ScheduleGroup"
    properties = frozenset({"Name", "Tags"})
    immutable = frozenset({"Name"})
    name_property = "Name"

    def create(self, request: Request) -> Physical:
        """Make the group."""
        name = request.name("Name", longest=_LONGEST_NAME)
        arn = request.client("scheduler").create_schedule_group(
            Name=name, Tags=request.properties.get("Tags", [])
        )["ScheduleGroupArn"]
        return Physical(name, {"Arn": arn, "State": "ACTIVE"})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change the tags."""
        scheduler, arn = request.client("scheduler"), physical.attributes["Arn"]
        change_tags(
            request.properties,
            previous,
            remove=lambda keys: scheduler.untag_resource(ResourceArn=arn, TagKeys=keys),
            put=lambda tags: scheduler.tag_resource(ResourceArn=arn, Tags=tags),
        )
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the group with its schedules."""
        scheduler = request.client("scheduler")
        try:
            scheduler.delete_schedule_group(Name=physical.id)
        except scheduler.exceptions.ResourceNotFoundException:
            return


class Rule(ResourceType):
    """A rule of an event bus with its targets."""

    type_name = "AWS::Events::Rule"
    properties = frozenset({"EventPattern", "Name", "Tags", "Targets", *_RULE_PARAMETERS})
    immutable = frozenset({"EventBusName", "Name"})
    name_property = "Name"

    def create(self, request: Request) -> Physical:
        """Make the rule, then its targets."""
        events, name = request.client("events"), request.name("Name", longest=_LONGEST_NAME)
        arn = _put_rule(events, name, request.properties, tags=request.properties.get("Tags"))
        physical = Physical(name, {"Arn": arn})
        _set_targets(events, name, request.properties, {})
        return physical

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Replace the rule's settings; targets that are no longer named are removed."""
        events, properties = request.client("events"), request.properties
        _put_rule(events, physical.id, properties, tags=None)
        _set_targets(events, physical.id, properties, previous)
        arn = physical.attributes["Arn"]
        change_tags(
            properties,
            previous,
            remove=lambda keys: events.untag_resource(ResourceARN=arn, TagKeys=keys),
            put=lambda tags: events.tag_resource(ResourceARN=arn, Tags=tags),
        )
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Remove the targets, then delete the rule."""
        events = request.client("events")
        try:
            _set_targets(events, physical.id, pick(request.properties, "EventBusName"),
                         request.properties)  # fmt: skip
            bus = pick(request.properties, "EventBusName")
            events.delete_rule(Name=physical.id, **bus)
        except events.exceptions.ResourceNotFoundException:
            return


def _put_rule(events: Any, name: str, properties: Properties, *, tags: Any) -> str:
    parameters = pick(properties, *_RULE_PARAMETERS)
    if "EventPattern" in properties:
        parameters["EventPattern"] = json.dumps(properties["EventPattern"])
    if tags:
        parameters["Tags"] = tags
    return str(events.put_rule(Name=name, **parameters)["RuleArn"])


def _set_targets(events: Any, name: str, properties: Properties, previous: Properties) -> None:
    bus = pick(properties, "EventBusName")
    targets = properties.get("Targets", [])
    ids = {target["Id"] for target in targets}
    gone = [target["Id"] for target in previous.get("Targets", []) if target["Id"] not in ids]
    if gone:
        events.remove_targets(Rule=name, Ids=gone, **bus)
    if targets:
        events.put_targets(Rule=name, Targets=targets, **bus)
