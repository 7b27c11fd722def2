"""Whether a role may do something, by its policies and the resource's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from embedded_aws.iam import policies
from embedded_aws.iam.errors import AccessDeniedError
from embedded_aws.iam.permissions import Permission
from embedded_aws.iam.policy_evaluation import AccessRequest, Decision, decide
from embedded_aws.iam.recorder import record
from embedded_aws.iam.role_sessions import RoleSession


def decision_on(session: RoleSession, permission: Permission, region: str) -> Decision:
    """Decide whether a role has a permission now.

    Parameters
    ----------
    session : RoleSession
    permission : Permission
    region : str
        Where it is asked for.
    """
    role = session.role
    context = {**_context_of(session, region), **permission.context}
    request = AccessRequest(session.principal, permission.action, permission.resource, context)
    decision = decide(
        request,
        identity=policies.identity_statements(role),
        boundary=policies.boundary_statements(role),
        resource=policies.resource_statements(permission.resource, session.account_id),
        delegated=not permission.action.startswith("kms:"),
    )
    record(session.role_arn, request, decision)
    return decision


def require(session: RoleSession, permissions: Iterable[Permission], region: str) -> None:
    """Check permissions one after the other.

    Raises
    ------
    AccessDeniedError
        For the first that is missing, in AWS's words.
    UnsupportedPolicyError
        If a policy has something that is not known here.
    """
    for permission in permissions:
        decision = decision_on(session, permission, region)
        if not decision.allowed:
            raise AccessDeniedError(_in_the_services_words(session, permission, decision.reason))


def _in_the_services_words(session: RoleSession, permission: Permission, reason: str) -> str:
    """Say what is missing; S3 quotes the resource, SNS writes its name in capitals."""
    action, resource = permission.action, permission.resource
    if action.startswith("s3:"):
        resource = f'"{resource}"'
    message = (
        f"User: {session.session_arn} is not authorized to perform: {action} "
        f"on resource: {resource} {reason}"
    )
    return message.replace(" sns:", " SNS:")


def has_all(session: RoleSession, permissions: Iterable[Permission], region: str) -> bool:
    """Whether a role has all of some permissions, where AWS goes on without."""
    return all(decision_on(session, p, region).allowed for p in permissions)


def _context_of(session: RoleSession, region: str) -> Mapping[str, tuple[str, ...]]:
    """Give the global condition keys that every request of a role has.

    The loopback port stands in for AWS's endpoints, which speak TLS only: a request counts as
    made over TLS 1.3, so that policies that refuse anything less do what they do on AWS.
    """
    return {
        "aws:principalaccount": (session.account_id,),
        "aws:principalarn": (session.role_arn,),
        "aws:principalisawsservice": ("false",),
        "aws:principaltype": ("AssumedRole",),
        "aws:requestedregion": (region,),
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
        "kms:calleraccount": (session.account_id,),
        "s3:tlsversion": ("1.3",),
    }
