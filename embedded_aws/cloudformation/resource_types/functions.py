"""Types of AWS Lambda: functions, layers, permissions and settings of invocations."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from embedded_aws.cloudformation.errors import ResourceFailure
from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    change_tags,
    changed,
    pick,
    tag_map,
)

_LONGEST_NAME = 64
_DEFAULTS: dict[str, Any] = {
    "DeadLetterConfig": {},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Layers": [],
    "LoggingConfig": {},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
_CONFIGURATION = ("Handler", "KmsKeyArn", "Role", "Runtime", *_DEFAULTS)
_INLINE_FILES = {"nodejs": "index.js", "python": "index.py"}


class Function(ResourceType):
    """A function from an archive in S3, or from a few lines in the template."""

    type_name = "AWS::Lambda::Function"
    properties = frozenset(
        {
            "Architectures",
            "Code",
            "FunctionName",
            "ReservedConcurrentExecutions",
            "Tags",
            *_CONFIGURATION,
        }
    )
    immutable = frozenset({"FunctionName"})
    name_property = "FunctionName"

    def create(self, request: Request) -> Physical:
        """Make the function, unless there is one of that name."""
        client, properties = request.client("lambda"), request.properties
        name = request.name("FunctionName", longest=_LONGEST_NAME)
        try:
            client.get_function_configuration(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            pass
        else:
            raise ResourceFailure(f"Function already exists: {name}")
        arn = client.create_function(
            FunctionName=name,
            Code=_code(properties),
            **_api_names(pick(properties, "Architectures", *_CONFIGURATION)),
            **({"Tags": tag_map(properties)} if "Tags" in properties else {}),
        )["FunctionArn"]
        _set_concurrency(client, name, properties, {})
        return Physical(name, {"Arn": arn})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change what differs."""
        client, properties, name = request.client("lambda"), request.properties, physical.id
        if any(changed(properties, previous, part) for part in ("Code", "Architectures")):
            client.update_function_code(
                FunctionName=name, **_code(properties), **pick(properties, "Architectures")
            )
        different = [part for part in _CONFIGURATION if changed(properties, previous, part)]
        if different:
            values = {part: properties.get(part, _DEFAULTS.get(part)) for part in different}
            client.update_function_configuration(FunctionName=name, **_api_names(values))
        arn = physical.attributes["Arn"]
        change_tags(
            properties,
            previous,
            remove=lambda keys: client.untag_resource(Resource=arn, TagKeys=keys),
            put=lambda _: client.tag_resource(Resource=arn, Tags=tag_map(properties)),
        )
        _set_concurrency(client, name, properties, previous)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the function."""
        client = request.client("lambda")
        try:
            client.delete_function(FunctionName=physical.id)
        except client.exceptions.ResourceNotFoundException:
            return


class LayerVersion(ResourceType):
    """A version of a layer; a change makes the next one."""

    type_name = "AWS::Lambda::LayerVersion"
    properties = frozenset(
        {
            "CompatibleArchitectures",
            "CompatibleRuntimes",
            "Content",
            "Description",
            "LayerName",
            "LicenseInfo",
        }
    )
    immutable = properties

    def create(self, request: Request) -> Physical:
        """Publish a version."""
        properties = request.properties
        arn = request.client("lambda").publish_layer_version(
            LayerName=properties.get("LayerName", request.logical_id),
            **pick(
                properties,
                "CompatibleArchitectures",
                "CompatibleRuntimes",
                "Content",
                "Description",
                "LicenseInfo",
            ),
        )["LayerVersionArn"]
        return Physical(arn, {"LayerVersionArn": arn})

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the version; functions that have it keep it."""
        name, version = physical.id.split(":")[-2:]
        client = request.client("lambda")
        client.delete_layer_version(LayerName=name, VersionNumber=int(version))


class Permission(ResourceType):
    """A statement in a function's own policy."""

    type_name = "AWS::Lambda::Permission"
    properties = frozenset(
        {"Action", "FunctionName", "Principal", "PrincipalOrgID", "SourceAccount", "SourceArn"}
    )
    immutable = properties

    def create(self, request: Request) -> Physical:
        """Add the statement."""
        statement_id = request.name("", longest=100)
        request.client("lambda").add_permission(StatementId=statement_id, **request.properties)
        return Physical(statement_id, {"Id": statement_id})

    def delete(self, request: Request, physical: Physical) -> None:
        """Remove the statement; it may be gone with its function."""
        client = request.client("lambda")
        try:
            client.remove_permission(
                FunctionName=request.properties["FunctionName"], StatementId=physical.id
            )
        except client.exceptions.ResourceNotFoundException:
            return


class EventInvokeConfig(ResourceType):
    """What becomes of asynchronous invocations."""

    type_name = "AWS::Lambda::EventInvokeConfig"
    properties = frozenset(
        {
            "DestinationConfig",
            "FunctionName",
            "MaximumEventAgeInSeconds",
            "MaximumRetryAttempts",
            "Qualifier",
        }
    )
    immutable = frozenset({"FunctionName", "Qualifier"})

    def create(self, request: Request) -> Physical:
        """Put the settings on their function."""
        request.client("lambda").put_function_event_invoke_config(**request.properties)
        return Physical(request.name("", longest=100))

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:  # noqa: ARG002
        """Replace the settings."""
        request.client("lambda").put_function_event_invoke_config(**request.properties)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:  # noqa: ARG002
        """Take the settings away; they may be gone with their function."""
        client = request.client("lambda")
        try:
            client.delete_function_event_invoke_config(
                **pick(request.properties, "FunctionName", "Qualifier")
            )
        except client.exceptions.ResourceNotFoundException:
            return


def _api_names(values: dict[str, Any]) -> dict[str, Any]:
    return {"KMSKeyArn" if name == "KmsKeyArn" else name: item for name, item in values.items()}


def _code(properties: Properties) -> dict[str, Any]:
    code: dict[str, Any] = properties["Code"]
    if "ZipFile" not in code:
        return code
    runtime = str(properties["Runtime"])
    names = [name for prefix, name in _INLINE_FILES.items() if runtime.startswith(prefix)]
    if not names:
        raise ResourceFailure(f"ZipFile can only be used with Node.js and Python, not {runtime}")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as content:
        content.writestr(names[0], code["ZipFile"])
    return {"ZipFile": archive.getvalue()}


def _set_concurrency(client: Any, name: str, properties: Properties, previous: Properties) -> None:
    key = "ReservedConcurrentExecutions"
    if not changed(properties, previous, key):
        return
    if key in properties:
        client.put_function_concurrency(FunctionName=name, **pick(properties, key))
    else:
        client.delete_function_concurrency(FunctionName=name)
