"""``AWS::Glue::Job``."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    changed,
)

_LONGEST_NAME = 255
_INTEGERS = ("MaxRetries", "NumberOfWorkers", "Timeout")


class Job(ResourceType):
    """A job; its properties are CreateJob's parameters."""

    type_name = "AWS::Glue::Job"
    properties = frozenset(
        {
            "Command",
            "Connections",
            "DefaultArguments",
            "Description",
            "ExecutionClass",
            "ExecutionProperty",
            "GlueVersion",
            "JobMode",
            "JobRunQueuingEnabled",
            "LogUri",
            "MaintenanceWindow",
            "MaxRetries",
            "Name",
            "NonOverridableArguments",
            "NotificationProperty",
            "NumberOfWorkers",
            "Role",
            "SecurityConfiguration",
            "Tags",
            "Timeout",
            "WorkerType",
        }
    )
    immutable = frozenset({"Name"})
    name_property = "Name"
    tags_are_mapping = True

    def create(self, request: Request) -> Physical:
        """Make the job."""
        name = request.name("Name", longest=_LONGEST_NAME)
        tags = {"Tags": request.properties["Tags"]} if request.properties.get("Tags") else {}
        request.client("glue").create_job(Name=name, **_settings(request.properties), **tags)
        return Physical(name)

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Replace the definition; runs that are under way keep theirs."""
        glue = request.client("glue")
        glue.update_job(JobName=physical.id, JobUpdate=_settings(request.properties))
        if changed(request.properties, previous, "Tags"):
            arn = request.arn("glue", f"job/{physical.id}")
            before, after = previous.get("Tags", {}), request.properties.get("Tags", {})
            glue.untag_resource(ResourceArn=arn, TagsToRemove=sorted(set(before) - set(after)))
            glue.tag_resource(ResourceArn=arn, TagsToAdd=after)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the job; Glue reports no error for one that is gone."""
        request.client("glue").delete_job(JobName=physical.id)


def _settings(properties: Properties) -> dict[str, Any]:
    """Return the parameters, with numbers that templates may give as text as numbers."""
    settings = {key: value for key, value in properties.items() if key not in ("Name", "Tags")}
    for name in _INTEGERS:
        if name in settings:
            settings[name] = int(settings[name])
    execution = settings.get("ExecutionProperty")
    if execution:
        settings["ExecutionProperty"] = {k: int(v) for k, v in execution.items()}
    return settings
