"""What a new revision would change in a stack: the changes that a change set lists.

Source: CloudFormation API reference, ResourceChange, ResourceChangeDetail and
ResourceTargetDefinition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedded_aws.cloudformation.errors import ResourceFailure
from embedded_aws.cloudformation.intrinsics import KNOWN_AFTER_APPLY, Resolver
from embedded_aws.cloudformation.resource_types import resource_type
from embedded_aws.cloudformation.resource_types.base import Properties
from embedded_aws.cloudformation.stack import Resource, Revision, Stack
from embedded_aws.cloudformation.template import deployment_order, references

# Attributes of a resource besides its properties; a change of them changes no resource.
_ATTRIBUTES = ("Metadata", "CreationPolicy", "UpdatePolicy", "DeletionPolicy",
               "UpdateReplacePolicy")  # fmt: skip


def plan_changes(
    stack: Stack, revision: Revision, exports: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the resource changes, in the API's form.

    Parameters
    ----------
    stack : Stack
        As it is.
    revision : Revision
        What it is to become.
    exports : mapping of str to str
        Exported outputs of other stacks.

    Raises
    ------
    ValidationError
        If the template cannot be resolved for this stack.
    """
    resolver = Resolver(revision.template, stack.pseudo_parameters, revision.parameters, exports)
    resources = revision.template.resources
    wanted = [
        i for i in deployment_order(resources) if resolver.holds(resources[i].get("Condition"))
    ]
    changes = []
    for logical_id in wanted:
        resolver.physical[logical_id] = None
        existing = stack.resources.get(logical_id)
        change = _change(stack, resolver, revision, logical_id, existing)
        if change is not None:
            changes.append(change)
        if existing is not None and (change is None or change["Replacement"] == "False"):
            resolver.physical[logical_id] = existing.physical
    for logical_id in reversed(list(stack.resources)):
        if logical_id not in wanted:
            changes.append(_removal(stack.resources[logical_id]))
    return changes


def changed_properties(properties: Properties, previous: Properties) -> list[str]:
    """Return the names of properties that differ, as the template has them."""
    names = [*properties, *(name for name in previous if name not in properties)]
    return [name for name in names if properties.get(name) != previous.get(name)]


def _change(
    stack: Stack, resolver: Resolver, revision: Revision, logical_id: str, existing: Resource | None
) -> dict[str, Any] | None:
    definition = revision.template.resources[logical_id]
    type_name = definition["Type"]
    kind = resource_type(type_name)
    properties = kind.tags_of(_resolve(resolver, definition), revision.tags)
    if existing is None:
        request = stack.request(logical_id, type_name, properties)
        return {
            "Action": "Import" if revision.importable(definition) and kind.find(request) else "Add",
            "LogicalResourceId": logical_id,
            "ResourceType": type_name,
            "Scope": [],
            "Details": [],
        }
    different = changed_properties(properties, existing.properties)
    attributes = [a for a in _ATTRIBUTES if definition.get(a) != existing.definition.get(a)]
    if type_name == existing.type_name and not different and not attributes:
        return None
    recreated = type_name != existing.type_name or bool(kind.immutable.intersection(different))
    scope = ["Properties"] if set(different) - {"Tags"} else []
    scope += ["Tags"] if "Tags" in different else []
    details = [
        _detail(
            "Tags" if name == "Tags" else "Properties",
            None if name == "Tags" else name,
            recreation="Always" if name in kind.immutable else "Never",
            is_dynamic=_depends_on_deployment(properties.get(name)),
            causes=sorted(
                set(references(definition.get("Properties", {}).get(name)))
                & {*revision.template.section("Parameters")}
            ),
        )
        for name in different
    ]
    details += [_detail(name, None, recreation="Never") for name in attributes]
    return {
        "Action": "Modify",
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": existing.physical.id,
        "ResourceType": type_name,
        "Replacement": str(recreated),
        "Scope": [*scope, *attributes],
        "Details": details,
    }


def _removal(resource: Resource) -> dict[str, Any]:
    policy = resource.definition.get("DeletionPolicy", "Delete")
    return {
        "Action": "Remove",
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical.id,
        "ResourceType": resource.type_name,
        "PolicyAction": "Retain" if policy.startswith("Retain") else "Delete",
        "Scope": [],
        "Details": [],
    }


def _detail(
    attribute: str,
    name: str | None,
    *,
    recreation: str,
    is_dynamic: bool = False,
    causes: list[str] | None = None,
) -> dict[str, Any]:
    target: dict[str, Any] = {"Attribute": attribute, "RequiresRecreation": recreation}
    if name is not None:
        target["Name"] = name
    detail: dict[str, Any] = {
        "Target": target,
        "Evaluation": "Dynamic" if is_dynamic else "Static",
        "ChangeSource": "ResourceReference" if is_dynamic else "DirectModification",
    }
    if causes:
        detail.update(ChangeSource="ParameterReference", CausingEntity=causes[0])
    return detail


def _resolve(resolver: Resolver, definition: Mapping[str, Any]) -> Properties:
    try:
        properties: Properties = resolver.resolve(definition.get("Properties", {}))
    except ResourceFailure:
        return {}  # the deployment will say so, in the events
    return properties


def _depends_on_deployment(value: Any) -> bool:
    if isinstance(value, str):
        return KNOWN_AFTER_APPLY in value
    if isinstance(value, dict):
        return any(map(_depends_on_deployment, value.values()))
    return isinstance(value, list) and any(map(_depends_on_deployment, value))
