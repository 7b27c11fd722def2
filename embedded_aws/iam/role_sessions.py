"""Services assume roles: temporary credentials, by which the embedded AWS knows who asks.

The credentials come from the embedded STS. Those that somebody else gets there, with AssumeRole
from outside, are not restricted: who has the account's loopback port owns the account.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from moto.settings import moto_server_port
from moto.sts.models import sts_backends

from embedded_aws.iam import policies
from embedded_aws.iam.errors import RoleNotAssumableError
from embedded_aws.iam.policy_evaluation import AccessRequest, Principal, decide
from embedded_aws.iam.recorder import record

GLUE = "glue.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"
STEP_FUNCTIONS = "states.amazonaws.com"
SAGEMAKER = "sagemaker.amazonaws.com"
SCHEDULER = "scheduler.amazonaws.com"

_lock = threading.Lock()


@dataclass(frozen=True)
class RoleSession:
    """A service that acts as a role.

    Attributes
    ----------
    role_arn, session_arn, account_id, partition : str
    access_key_id, secret_access_key, session_token : str
        Its credentials.
    """

    role_arn: str
    session_arn: str
    account_id: str
    partition: str
    access_key_id: str
    secret_access_key: str
    session_token: str

    @property
    def principal(self) -> Principal:
        """Who this is, in policies."""
        return Principal(self.session_arn, self.role_arn, self.account_id)

    def environment(self, region: str) -> dict[str, str]:
        """Variables by which the AWS SDK of a process asks the embedded AWS as this role."""
        return {
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{moto_server_port()}",
        }

    @property
    def role(self) -> Any:
        """The embedded IAM's role, with its policies as they are now."""
        return policies.role_of(self.role_arn)


def assume(role_arn: str, service: str, *, name: str, source_arn: str) -> RoleSession:
    """Assume a role for a service; the same role and name give the same session.

    Parameters
    ----------
    role_arn : str
    service : str
        Such as ``lambda.amazonaws.com``.
    name : str
        Name of the session, part of the ARN that messages show: the function's for a function,
        ``SageMaker`` for a job.
    source_arn : str
        For what the service assumes it; the condition keys aws:SourceArn and aws:SourceAccount.
        Empty for Lambda, which sends none.

    Raises
    ------
    RoleNotAssumableError
        If there is no such role, or its trust policy does not allow the service.
    """
    role = policies.role_of(role_arn)
    _check_trust(role, service, source_arn)
    backend = sts_backends[role.account_id][role.partition]
    with _lock:
        sessions = _sessions(backend)
        for session in sessions.values():
            if session.role_arn == role_arn and session.session_arn.endswith(f"/{name}"):
                return session
        assumed = backend.assume_role(
            region_name="us-east-1",
            role_session_name=name,
            role_arn=role_arn,
            policy="",
            duration=3600,
            external_id="",
        )
        session = RoleSession(
            role_arn=role_arn,
            session_arn=assumed.arn,
            account_id=role.account_id,
            partition=role.partition,
            access_key_id=assumed.access_key_id,
            secret_access_key=assumed.secret_access_key,
            session_token=assumed.session_token,
        )
        sessions[session.access_key_id] = session
        return session


def session_of(access_key_id: str) -> RoleSession | None:
    """Find the service's session that has an access key; None for anybody else's key."""
    for account in list(sts_backends.values()):
        for backend in list(account.values()):
            session = _sessions(backend).get(access_key_id)
            if session is not None:
                return session
    return None


def _sessions(backend: Any) -> dict[str, RoleSession]:
    # Kept at moto's backend, so that they are forgotten with it.
    found: dict[str, RoleSession] = backend.__dict__.setdefault("service_sessions", {})
    return found


def _check_trust(role: Any, service: str, source_arn: str) -> None:
    context: dict[str, tuple[str, ...]] = {}
    if source_arn:
        context = {"aws:sourcearn": (source_arn,), "aws:sourceaccount": (source_arn.split(":")[4],)}
    request = AccessRequest(Principal(service=service), "sts:AssumeRole", role.arn, context)
    decision = decide(request, resource=policies.trust_statements(role))
    record(role.arn, request, decision)
    if not decision.allowed:
        raise RoleNotAssumableError(
            f"the trust policy of {role.arn} does not let {service} assume the role"
        )
