"""The roles of a deployed stack: what runs need of their policies, and how to take it away."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from embedded_aws.iam.conditions import matches_arn
from embedded_aws.iam.recorder import Recorded
from embedded_aws.server import EmbeddedAws

TRUST_POLICY = "trust policy"
TRUST_EC2 = {
    "Effect": "Allow",
    "Principal": {"Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
ALLOW_REGIONS = {"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*"}


@dataclass(frozen=True, order=True)
class RoleGrant:
    """One action on one resource of one statement.

    Attributes
    ----------
    role, policy : str
        Names.
    statement : int
        Its place in the policy.
    action, resource : str
        As the statement has them.
    """

    role: str
    policy: str
    statement: int
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.role} {self.statement} {self.action} {self.resource}"


def grants_used(recorded: Iterable[Recorded]) -> dict[RoleGrant, datetime]:
    """Grants that allowed something, each with the time of its first use."""
    found: dict[RoleGrant, datetime] = {}
    for one in recorded:
        role = one.role_arn.rpartition("/")[2]
        for statement in one.decision.statements if one.decision.allowed else ():
            (action,) = (a for a in statement.actions or () if a == one.request.action)
            for resource in statement.resources or ("",):
                if not resource or matches_arn(resource, one.request.resource):
                    grant = RoleGrant(role, statement.policy, statement.number, action, resource)
                    found.setdefault(grant, one.at)
    return found


def all_grants(aws: EmbeddedAws) -> set[RoleGrant]:
    """Every action on every resource that a statement of a role has."""
    iam = aws.client("iam")
    found = set()
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        trust = role["AssumeRolePolicyDocument"]
        documents = {TRUST_POLICY: trust, **_inline_policies(iam, name)}
        for policy, document in documents.items():
            for number, statement in enumerate(document["Statement"]):
                for action in _listed(statement["Action"]):
                    for resource in _listed(statement.get("Resource", "")):
                        found.add(RoleGrant(name, policy, number, action, resource))
    return found


@contextlib.contextmanager
def without(aws: EmbeddedAws, grant: RoleGrant) -> Iterator[None]:
    """Take a grant away for the ``with`` block; everything else stays granted."""
    iam = aws.client("iam")
    if grant.policy == TRUST_POLICY:
        before = iam.get_role(RoleName=grant.role)["Role"]["AssumeRolePolicyDocument"]
    else:
        before = iam.get_role_policy(RoleName=grant.role, PolicyName=grant.policy)["PolicyDocument"]
    statements = list(before["Statement"])
    statements[grant.statement : grant.statement + 1] = _rest(statements[grant.statement], grant)
    # IAM takes no policy without statements: nobody in a run is EC2, or asks for its regions.
    harmless = TRUST_EC2 if grant.policy == TRUST_POLICY else ALLOW_REGIONS
    _put(iam, grant, {**before, "Statement": statements or [{**harmless}]})
    try:
        yield
    finally:
        _put(iam, grant, before)


def _rest(statement: dict[str, Any], grant: RoleGrant) -> Iterator[dict[str, Any]]:
    """What is left of a statement: the other actions, and the action on the other resources."""
    actions = [a for a in _listed(statement["Action"]) if a != grant.action]
    if actions:
        yield {**statement, "Action": actions}
    resources = [r for r in _listed(statement.get("Resource", [])) if r != grant.resource]
    if resources:
        yield {**statement, "Action": grant.action, "Resource": resources}


def _put(iam: Any, grant: RoleGrant, document: dict[str, Any]) -> None:
    text = json.dumps(document)
    if grant.policy == TRUST_POLICY:
        iam.update_assume_role_policy(RoleName=grant.role, PolicyDocument=text)
    else:
        iam.put_role_policy(RoleName=grant.role, PolicyName=grant.policy, PolicyDocument=text)


def _inline_policies(iam: Any, role: str) -> dict[str, Any]:
    return {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
