"""A stack's parameters: what was given, what the template allows, what they come to.

Source: CloudFormation user guide, "Parameters section structure", and "SSM parameter types".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from embedded_aws.cloudformation.errors import ValidationError
from embedded_aws.cloudformation.template import Template
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

_SSM_TYPE = "AWS::SSM::Parameter::Value<"


def given_parameters(
    template: Template, request: Sequence[Mapping[str, Any]], previous: Mapping[str, str]
) -> dict[str, str]:
    """Return the values that a request gives, by name.

    Parameters
    ----------
    template : Template
        Whose parameters they are.
    request : sequence of mapping
        ``Parameters`` of the API: ParameterKey with ParameterValue or UsePreviousValue.
    previous : mapping of str to str
        What was given before.

    Raises
    ------
    ValidationError
        If a name is not the template's, or has no previous value.
    """
    slots = template.section("Parameters")
    unknown = sorted(p["ParameterKey"] for p in request if p["ParameterKey"] not in slots)
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    given: dict[str, str] = {}
    for parameter in request:
        name = parameter["ParameterKey"]
        if not parameter.get("UsePreviousValue"):
            given[name] = parameter.get("ParameterValue") or ""
        elif name in previous:
            given[name] = previous[name]
        elif "Default" not in slots[name]:
            raise ValidationError(f"Parameters: [{name}] must have values")
    return given


def resolve_parameters(
    template: Template, given: Mapping[str, str], client: Callable[[str], Any]
) -> dict[str, Any]:
    """Return the value of each parameter, as Ref gives it.

    Parameters
    ----------
    template : Template
        Whose parameters they are.
    given : mapping of str to str
        What `given_parameters` returned.
    client : callable
        Returns a boto3 client; Systems Manager's is asked for parameters of its types.

    Raises
    ------
    ValidationError
        If a value is missing, or breaks the template's constraints.
    """
    slots = template.section("Parameters")
    missing = sorted(n for n, slot in slots.items() if n not in given and "Default" not in slot)
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    return {
        name: _resolve(name, slot, str(given.get(name, slot.get("Default"))), client)
        for name, slot in slots.items()
    }


def shown_parameters(
    template: Template, given: Mapping[str, str], resolved: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Return a stack's parameters as DescribeStacks shows them."""
    shown = []
    for name, slot in template.section("Parameters").items():
        value = str(given.get(name, slot.get("Default", "")))
        hidden = str(slot.get("NoEcho", "false")).lower() == "true"
        entry = {"ParameterKey": name, "ParameterValue": "****" if hidden else value}
        if str(slot["Type"]).startswith(_SSM_TYPE):
            found = resolved[name]
            entry["ResolvedValue"] = ",".join(found) if isinstance(found, list) else str(found)
        shown.append(entry)
    return shown


def _resolve(name: str, slot: Mapping[str, Any], value: str, client: Callable[[str], Any]) -> Any:
    _check_constraints(name, slot, value)
    kind = str(slot["Type"])
    if kind.startswith(_SSM_TYPE):
        value = _stored_value(value, client)
        kind = kind[len(_SSM_TYPE) : -1]
    elif kind.startswith("AWS::SSM::"):
        raise UnsupportedInEmbeddedAws(f"The embedded AWS does not offer the parameter type {kind}")
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [item.strip() for item in value.split(",")]
    return value


def _check_constraints(name: str, slot: Mapping[str, Any], value: str) -> None:
    explanation = slot.get("ConstraintDescription")
    text = f"Parameter '{name}' {{}}" if explanation is None else f"{name} {explanation}"
    allowed = [str(item) for item in slot.get("AllowedValues", [])]
    if allowed and value not in allowed:
        raise ValidationError(text.format(f"must be one of AllowedValues [{', '.join(allowed)}]"))
    pattern = slot.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, value):
        raise ValidationError(text.format(f"must match pattern {pattern}"))
    if slot["Type"] == "Number":
        try:
            float(value)
        except ValueError:
            raise ValidationError(text.format("must be a number")) from None


def _stored_value(name: str, client: Callable[[str], Any]) -> str:
    try:
        return str(client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError:
        raise ValidationError(
            f"Unable to fetch parameters [{name}] from parameter store for this account."
        ) from None
