"""Decides whether policies allow a request: pure functions.

Source: IAM user guide, "Policy evaluation logic": an explicit deny wins; otherwise an
identity-based policy must allow, within the permissions boundary if there is one, or a
resource-based policy of the same account must name the principal. A resource-based policy that
names the account only leaves the decision to the account's identity-based policies. Policies of
organizations and sessions do not occur here.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from embedded_aws.iam.conditions import (
    KNOWN_KEYS,
    Context,
    holds,
    matches_arn,
    wildcard_pattern,
)
from embedded_aws.iam.errors import UnsupportedPolicyError

_ELEMENTS = frozenset(
    {
        "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal",
        "NotPrincipal", "Condition",
    }
)  # fmt: skip
_VARIABLE = re.compile(r"\$\{(?P<key>[^}]*)\}")

Kind = Literal["identity-based policy", "permissions boundary", "resource-based policy"]


@dataclass(frozen=True)
class Principal:
    """Who asks.

    Attributes
    ----------
    session_arn : str
        ``arn:aws:sts::account:assumed-role/role/session``; empty for a service itself.
    role_arn : str
        The role behind it; empty for a service itself.
    account_id : str
    service : str
        Such as ``lambda.amazonaws.com``, if a service asks for itself; empty otherwise.
    """

    session_arn: str = ""
    role_arn: str = ""
    account_id: str = ""
    service: str = ""


@dataclass(frozen=True)
class AccessRequest:
    """One thing that somebody wants to do.

    Attributes
    ----------
    principal : Principal
    action : str
        Such as ``s3:GetObject``.
    resource : str
        ARN, or ``*`` for an action that knows no resource.
    context : Context
        Values of condition keys.
    """

    principal: Principal
    action: str
    resource: str
    context: Context


@dataclass(frozen=True)
class Statement:
    """One statement; attributes are the elements of policies, as lists."""

    policy: str
    number: int
    effect: str
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    principals: Mapping[str, tuple[str, ...]] | None
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Decision:
    """What the policies say.

    Attributes
    ----------
    allowed : bool
    reason : str
        Empty if allowed; otherwise the end of AWS's sentence, "because no …" or "with an …".
    statements : tuple of Statement
        Those that allowed it, or that denied it.
    """

    allowed: bool
    reason: str
    statements: tuple[Statement, ...]


@functools.lru_cache(maxsize=1024)
def parse_policy(name: str, document: str) -> tuple[Statement, ...]:
    """Read a policy document.

    Parameters
    ----------
    name : str
        The policy's name, kept in its statements.
    document : str
        JSON.

    Raises
    ------
    UnsupportedPolicyError
        For an element that is not known here.
    """
    found = json.loads(document).get("Statement", [])
    listed = found if isinstance(found, list) else [found]
    return tuple(_statement(name, number, item) for number, item in enumerate(listed))


def _statement(policy: str, number: int, item: Mapping[str, Any]) -> Statement:
    unknown = set(item) - _ELEMENTS
    if unknown or "NotPrincipal" in item:
        raise UnsupportedPolicyError(
            f"{policy}, statement {number}: the embedded AWS does not know "
            f"{', '.join(sorted(unknown or {'NotPrincipal'}))}"
        )
    return Statement(
        policy=policy,
        number=number,
        effect=item["Effect"],
        actions=_texts(item.get("Action")),
        not_actions=_texts(item.get("NotAction")),
        resources=_texts(item.get("Resource")),
        not_resources=_texts(item.get("NotResource")),
        principals=_principals(item.get("Principal")),
        conditions=tuple(
            (operator, key, _texts(values) or ())
            for operator, keys in item.get("Condition", {}).items()
            for key, values in keys.items()
        ),
    )


def _texts(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    values = value if isinstance(value, list) else [value]
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in values)


def _principals(value: Any) -> Mapping[str, tuple[str, ...]] | None:
    if value is None:
        return None
    if value == "*":
        return {"AWS": ("*",)}
    return {kind: _texts(names) or () for kind, names in value.items()}


def decide(
    request: AccessRequest,
    *,
    identity: Sequence[Statement] = (),
    boundary: Sequence[Statement] | None = None,
    resource: Sequence[Statement] | None = None,
    delegated: bool = True,
) -> Decision:
    """Decide about one request.

    Parameters
    ----------
    request : AccessRequest
    identity : sequence of Statement
        Of all policies of the principal.
    boundary : sequence of Statement, optional
        Of the permissions boundary; None if there is none.
    resource : sequence of Statement, optional
        Of the resource's own policy; None if it has none.
    delegated : bool
        Whether identity-based policies count without a word of the resource's policy. They do
        everywhere but for keys of KMS (developer guide, "Key policies"), whose policy must name
        the account for that.

    Raises
    ------
    UnsupportedPolicyError
        If a statement that may apply has something that is not known here.
    """
    sources: list[tuple[Kind, Sequence[Statement]]] = [
        ("identity-based policy", identity),
        ("permissions boundary", boundary or ()),
        ("resource-based policy", resource or ()),
    ]
    applying = {kind: list(_applying(request, statements)) for kind, statements in sources}
    for kind, statements in applying.items():
        denying = tuple(s for s in statements if s.effect == "Deny")
        if denying:
            article = "an" if kind.startswith("i") else "a"
            return Decision(False, f"with an explicit deny in {article} {kind}", denying)
    by_identity, by_boundary, by_resource = (tuple(found) for found in applying.values())
    account = _accounts(request.principal)
    named = tuple(s for s in by_resource if _names(s, request.principal) == "principal")
    if account and any(_names(s, request.principal) == "account" for s in by_resource):
        delegated = True
    if not named and not (by_identity and delegated):
        kind = "resource-based policy" if not delegated else "identity-based policy"
        return Decision(False, f"because no {kind} allows the {request.action} action", ())
    if boundary is not None and not by_boundary:
        reason = f"because no permissions boundary allows the {request.action} action"
        return Decision(False, reason, ())
    allowing = (*named, *(by_identity if delegated else ()))
    return Decision(True, "", allowing)


def _applying(request: AccessRequest, statements: Sequence[Statement]) -> Iterator[Statement]:
    for statement in statements:
        if (
            _has_action(statement, request.action)
            and _has_resource(statement, request)
            and _names(statement, request.principal)
            and all(
                holds(operator, key, _substituted_all(wanted, request.context), request.context)
                for operator, key, wanted in statement.conditions
            )
        ):
            yield statement


def _has_action(statement: Statement, action: str) -> bool:
    patterns, wanted = statement.actions, True
    if patterns is None:
        patterns, wanted = statement.not_actions or (), False
    found = any(wildcard_pattern(p, ignore_case=True).fullmatch(action) for p in patterns)
    return found is wanted


def _has_resource(statement: Statement, request: AccessRequest) -> bool:
    patterns, wanted = statement.resources, True
    if patterns is None and statement.not_resources is not None:
        patterns, wanted = statement.not_resources, False
    if patterns is None:  # a trust policy is about its own role
        return True
    found = any(
        matches_arn(pattern, request.resource)
        for pattern in _substituted_all(patterns, request.context)
    )
    return found is wanted


def _accounts(principal: Principal) -> tuple[str, ...]:
    if not principal.account_id:
        return ()
    return (principal.account_id, f"arn:aws:iam::{principal.account_id}:root")


def _names(statement: Statement, principal: Principal) -> str:
    """Say whether a statement is about a principal, and how: itself, its account, or not at all.

    Identity-based policies name nobody: they are about whom they belong to.
    """
    if statement.principals is None:
        return "principal"
    if principal.service:
        return "principal" if principal.service in statement.principals.get("Service", ()) else ""
    names = statement.principals.get("AWS", ())
    if {"*", principal.role_arn, principal.session_arn} & set(names):
        return "principal"
    return "account" if set(_accounts(principal)) & set(names) else ""


def _substituted_all(patterns: tuple[str, ...], context: Context) -> tuple[str, ...]:
    if not any("${" in pattern for pattern in patterns):
        return patterns
    return tuple(found for p in patterns if (found := _substituted(p, context)) is not None)


def _substituted(pattern: str, context: Context) -> str | None:
    """Put values in the place of policy variables; None if the request has no such value.

    Source: IAM user guide, "IAM policy elements: Variables and tags".
    """
    for found in _VARIABLE.finditer(pattern):
        key = found["key"].lower()
        if key in ("*", "?", "$") or key not in KNOWN_KEYS:
            raise UnsupportedPolicyError(
                f"the embedded AWS does not know the policy variable {found[0]}"
            )
        if len(context.get(key, ())) != 1:
            return None
    return _VARIABLE.sub(lambda found: context[found["key"].lower()][0], pattern)
