"""Findings of cdk-nag that were weighed and kept, each with its reason.

The reasons are given where the finding arises. cdk-nag itself is a development tool: the app only
tells the CDK, in whose metadata cdk-nag looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def keep(scope: IConstruct, rule: str, reason: str) -> None:
    """Keep what a rule finds in `scope` and below.

    Parameters
    ----------
    scope : IConstruct
    rule : str
        The rule's id without the pack, such as ``S1``.
    reason : str
        Why the finding is right as it is.
    """
    Validations.of(scope).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def keep_wildcards(scope: IConstruct, resources: Sequence[str], reason: str) -> None:
    """Keep those of `resources`, in policies in `scope` and below, that hold a ``*``.

    Parameters
    ----------
    scope : IConstruct
        A role, or what contains it.
    resources : sequence of str
        ARNs as they are in a policy statement; may contain CloudFormation tokens.
    reason : str
        Why nothing narrower will do.
    """
    stack = Stack.of(scope)
    for resource in resources:
        name = _flat(stack.resolve(resource))
        if "*" in name:
            keep(scope, f"IAM5[Resource::{name}]", reason)


def _flat(value: Any) -> str:
    """Write an ARN as cdk-nag names it: ``<BucketE6B0FAA8.Arn>/raw/*``."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(_flat, parts))
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
    return str(value)
