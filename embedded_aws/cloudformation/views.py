"""Stacks, resources and change sets in the form in which the API shows them."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.change_set import ChangeSet
from embedded_aws.cloudformation.parameters import shown_parameters
from embedded_aws.cloudformation.stack import Resource, Revision, Stack
from embedded_aws.cloudformation.template import Template

_IAM_REASON = "The following resource(s) require capabilities: [{}]"


def stack(stack: Stack) -> dict[str, Any]:
    """Return DescribeStacks' view of a stack."""
    shown: dict[str, Any] = {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "StackStatus": stack.status,
        "DisableRollback": stack.disable_rollback,
        "EnableTerminationProtection": stack.termination_protection,
        "RollbackConfiguration": {},
        "NotificationARNs": [],
        "Capabilities": stack.capabilities,
        "Outputs": stack.outputs,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        **_optional(
            StackStatusReason=stack.reason,
            LastUpdatedTime=stack.updated,
            DeletionTime=stack.deleted,
            RoleARN=stack.role_arn,
        ),
    }
    if stack.revision is not None:
        description = stack.revision.template.document.get("Description")
        shown.update(_revision(stack.revision), **_optional(Description=description))
    return shown


def stack_summary(stack: Stack) -> dict[str, Any]:
    """Return ListStacks' view of a stack."""
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "StackStatus": stack.status,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        **_optional(
            StackStatusReason=stack.reason,
            LastUpdatedTime=stack.updated,
            DeletionTime=stack.deleted,
        ),
    }


def resource(stack: Stack, resource: Resource) -> dict[str, Any]:
    """Return the view of a resource that the three operations on resources share."""
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical.id,
        "ResourceType": resource.type_name,
        "ResourceStatus": resource.status,
        "Timestamp": resource.timestamp,
        "LastUpdatedTimestamp": resource.timestamp,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        **_optional(ResourceStatusReason=resource.reason),
    }


def change_set(change_set: ChangeSet) -> dict[str, Any]:
    """Return DescribeChangeSet's view of a change set."""
    return {
        **change_set_summary(change_set),
        "NotificationARNs": [],
        "RollbackConfiguration": {},
        "Capabilities": change_set.capabilities,
        "Changes": [{"Type": "Resource", "ResourceChange": c} for c in change_set.changes],
        **_revision(change_set.revision),
    }


def change_set_summary(change_set: ChangeSet) -> dict[str, Any]:
    """Return ListChangeSets' view of a change set."""
    return {
        "ChangeSetId": change_set.change_set_id,
        "ChangeSetName": change_set.name,
        "StackId": change_set.stack.stack_id,
        "StackName": change_set.stack.name,
        "CreationTime": change_set.created,
        "Status": change_set.status,
        "ExecutionStatus": change_set.execution_status,
        "IncludeNestedStacks": False,
        **_optional(StatusReason=change_set.reason, Description=change_set.description),
    }


def template_summary(template: Template) -> dict[str, Any]:
    """Return GetTemplateSummary's view of a template."""
    types = sorted({definition["Type"] for definition in template.resources.values()})
    iam = [name for name in types if name.startswith("AWS::IAM::")]
    parameters = [
        {
            "ParameterKey": name,
            "ParameterType": slot["Type"],
            "NoEcho": str(slot.get("NoEcho", "false")).lower() == "true",
            **_optional(DefaultValue=slot.get("Default"), Description=slot.get("Description")),
        }
        for name, slot in template.section("Parameters").items()
    ]
    needed = {
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "CapabilitiesReason": _IAM_REASON.format(", ".join(iam)),
    }
    return {
        "Parameters": parameters,
        "ResourceTypes": types,
        **(needed if iam else {}),
        **_optional(
            Description=template.document.get("Description"),
            Version=template.document.get("AWSTemplateFormatVersion"),
        ),
    }


def _revision(revision: Revision) -> dict[str, Any]:
    return {
        "Parameters": shown_parameters(revision.template, revision.given, revision.parameters),
        "Tags": [{"Key": key, "Value": value} for key, value in revision.tags.items()],
    }


def _optional(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
