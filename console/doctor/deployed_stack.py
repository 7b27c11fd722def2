"""The deployed stack: whether it is there, what it gives, and how it differs from the code."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from console.doctor.assembly import Assembly
from console.doctor.finding import Finding, Status, ask, code_of
from console.embedded_stack import missing_outputs

_SECTIONS = ("Parameters", "Mappings", "Conditions", "Rules", "Outputs")
# CloudFormation gives these back as question marks (GetTemplate; seen by the CDK CLI's diff too,
# the API reference does not say it).
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_NOT_COMPARED = {"CDKMetadata"}  # of the synthesizing versions, not of the stack


def describe_stack(cloudformation: Any, stack_name: str) -> dict[str, Any] | None:
    """Find a stack; None if there is none of that name.

    Raises
    ------
    NotSeenError
        If the caller may not ask.
    """
    try:
        answer = ask(
            "cloudformation:DescribeStacks",
            lambda: cloudformation.describe_stacks(StackName=stack_name),
        )
    except ClientError as error:
        if code_of(error) == "ValidationError":
            return None
        raise
    return dict(answer["Stacks"][0])


def outputs_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """Return a stack's outputs by name."""
    return {out["OutputKey"]: out["OutputValue"] for out in stack.get("Outputs", [])}


def check_stack(stack_name: str, stack: Mapping[str, Any] | None) -> Finding:
    """Judge a stack's status and outputs.

    Parameters
    ----------
    stack_name : str
    stack : mapping or None
        What DescribeStacks answered.
    """
    if stack is None:
        return Finding(
            "stack",
            Status.WARNING,
            f"there is no stack {stack_name} in this account and region",
            "deploy it with `make deploy`, or name another with --stack",
        )
    status = str(stack["StackStatus"])
    found = f"{stack_name} is {status}"
    if status.endswith("_IN_PROGRESS"):
        return Finding("stack", Status.WARNING, found, "wait until it has ended")
    if status == "UPDATE_ROLLBACK_COMPLETE":
        return Finding(
            "stack",
            Status.WARNING,
            f"{found}: the last update failed, and the version before it is deployed",
            "read the stack's events, then deploy again",
        )
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        return Finding(
            "stack", Status.PROBLEM, found, "read the stack's events; delete it, or deploy again"
        )
    missing = missing_outputs(outputs_of(stack))
    if missing:
        return Finding("stack", Status.PROBLEM, f"{found}; {missing}")
    return Finding("stack", Status.OK, found)


def check_code(cloudformation: Any, stack_name: str, assembly: Assembly) -> list[Finding]:
    """Compare the deployed template with the synthesized one, resource by resource.

    Raises
    ------
    NotSeenError
        If the caller may not read the template.
    """
    deployed = ask(
        "cloudformation:GetTemplate",
        lambda: cloudformation.get_template(StackName=stack_name, TemplateStage="Original"),
    )["TemplateBody"]
    if not isinstance(deployed, Mapping):  # YAML comes as text
        return [
            Finding(
                "code",
                Status.WARNING,
                f"{stack_name} was not deployed by the CDK: its template is no JSON",
            )
        ]
    differences = template_differences(deployed, assembly.template)
    if not differences:
        return [Finding("code", Status.OK, f"{stack_name} is what the code says")]
    advice = (
        "deploy again; if it was deployed with a settings file, synthesize with that one and say "
        "--assembly"
    )
    return [Finding("code", Status.WARNING, difference, advice) for difference in differences]


def template_differences(deployed: Mapping[str, Any], code: Mapping[str, Any]) -> list[str]:
    """Say what a deployment of `code` would add, remove and change, one line each.

    Metadata is left out: it is the CDK's own, and changes nothing that is deployed.

    Parameters
    ----------
    deployed, code : mapping
        Templates.
    """
    before, after = _comparable(deployed), _comparable(code)
    lines = []
    old, new = before.get("Resources", {}), after.get("Resources", {})
    for name in sorted(old.keys() | new.keys()):
        kind = (new.get(name) or old[name]).get("Type")
        if name not in old:
            lines.append(f"{name} ({kind}) is in the code only")
        elif name not in new:
            lines.append(f"{name} ({kind}) is deployed only")
        elif old[name] != new[name]:
            lines.append(f"{name} ({kind}) differs in {', '.join(_keys(old[name], new[name]))}")
    for section in _SECTIONS:
        names = _differing(before.get(section, {}), after.get(section, {}))
        lines += [f"{section}.{name} differs" for name in names]
    return lines


def _comparable(template: Mapping[str, Any]) -> dict[str, Any]:
    text = _NOT_ASCII.sub("?", json.dumps(template, ensure_ascii=False))
    comparable: dict[str, Any] = json.loads(text)
    comparable["Resources"] = {
        name: {key: value for key, value in resource.items() if key != "Metadata"}
        for name, resource in comparable.get("Resources", {}).items()
        if name not in _NOT_COMPARED
    }
    return comparable


def _keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [
        nested
        for key in _differing(old, new)
        for nested in (
            [f"{key}.{name}" for name in _differing(old.get(key) or {}, new.get(key) or {})]
            if key == "Properties"
            else [key]
        )
    ]


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]


def check_drift(cloudformation: Any, stack_name: str, stack: Mapping[str, Any]) -> list[Finding]:
    """Tell what CloudFormation's own last drift detection saw; starts none, which takes minutes.

    Raises
    ------
    NotSeenError
        If the caller may not ask for the resources that drifted.
    """
    drift = stack.get("DriftInformation", {})
    status = drift.get("StackDriftStatus", "NOT_CHECKED")
    advice = f"aws cloudformation detect-stack-drift --stack-name {stack_name}"
    if status not in ("DRIFTED", "IN_SYNC"):
        return [
            Finding(
                "drift",
                Status.SKIPPED,
                "nobody has let CloudFormation compare the resources with the template",
                advice,
            )
        ]
    checked_at = drift.get("LastCheckTimestamp")
    when = f"on {checked_at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC" if checked_at else "then"
    if status == "IN_SYNC":
        return [Finding("drift", Status.OK, f"none {when}")]
    found = ask(
        "cloudformation:DescribeStackResourceDrifts",
        lambda: cloudformation.describe_stack_resource_drifts(
            StackName=stack_name,
            StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
            MaxResults=100,
        ),
    )["StackResourceDrifts"]
    return [
        Finding(
            "drift",
            Status.WARNING,
            f"{one['LogicalResourceId']} ({one['ResourceType']}) was "
            f"{one['StackResourceDriftStatus'].lower()} by hand, as seen {when}",
            "deploy again, or put the change into the code",
        )
        for one in found
    ]
