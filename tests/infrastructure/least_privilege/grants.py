"""Policies as sets of grants: one action, one resource, under one condition."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

Template = dict[str, Any]
Statement = dict[str, Any]


class Grant(NamedTuple):
    """A permission, no further divisible.

    Parameters
    ----------
    action : str
        Such as ``s3:GetObject``.
    resource : str
        ARN with CloudFormation's tokens as ``<LogicalId.Attribute>``.
    condition : str
        JSON; empty for none.
    """

    action: str
    resource: str
    condition: str = ""


def grants(actions: Iterable[str], resources: Iterable[str], condition: Any = None) -> set[Grant]:
    """Every action with every resource."""
    text = json.dumps(condition, sort_keys=True) if condition else ""
    wanted = list(resources)
    return {Grant(action, resource, text) for action in actions for resource in wanted}


def granted(template: Template, role: str) -> set[Grant]:
    """What the role with this logical id may do."""
    return {
        grant
        for statement in statements(template, role)
        for grant in grants(
            listed(statement["Action"]),
            map(flat, listed(statement["Resource"])),
            statement.get("Condition"),
        )
    }


def statements(template: Template, role: str) -> Iterator[Statement]:
    """Statements of all policies of a role: attached to it, or in it."""
    for policy in template["Resources"].values():
        if policy["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy") and {
            "Ref": role
        } in policy["Properties"].get("Roles", []):
            yield from policy["Properties"]["PolicyDocument"]["Statement"]
    for inline in template["Resources"][role]["Properties"].get("Policies", []):
        yield from inline["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    """A policy's value, which is a list or a single item."""
    return value if isinstance(value, list) else [value]


def flat(value: Any) -> str:
    """Write a value with tokens as text; equal values give equal texts."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(flat, parts))
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::FindInMap": [name, *keys]}:
            return f"<{'.'.join([name, *map(flat, keys)])}>"
    # Without quotes, because it may be within JSON.
    return "<" + json.dumps(value, sort_keys=True).replace('"', "") + ">"
