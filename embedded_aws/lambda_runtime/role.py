"""What Lambda itself does with a function's role: assume it, decrypt variables, write the log."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError

from embedded_aws.iam import policies
from embedded_aws.iam.enforcement import has_all
from embedded_aws.iam.errors import RoleNotAssumableError
from embedded_aws.iam.permissions import Permission
from embedded_aws.iam.role_sessions import LAMBDA, RoleSession, assume


class RoleRefusedError(JsonRESTError):
    """Lambda cannot assume the function's role."""

    code = 403

    def __init__(self) -> None:
        message = "The role defined for the function cannot be assumed by Lambda."
        super().__init__("AccessDeniedException", message)


class KeyRefusedError(JsonRESTError):
    """The function's role may not decrypt the function's variables."""

    code = 502

    def __init__(self) -> None:
        super().__init__(
            "KMSAccessDeniedException",
            "Lambda was unable to decrypt the environment variables because KMS access was "
            "denied. Please check the function's KMS key settings.",
        )


def role_session_of(function: Any) -> RoleSession:
    """Assume a function's role, and use its key if its variables are encrypted with one.

    Raises
    ------
    RoleRefusedError
        If there is no such role, or it does not trust Lambda.
    KeyRefusedError
        If the role may not decrypt with the key of the variables.
    """
    try:
        session = assume(function.role, LAMBDA, name=function.function_name, source_arn="")
    except RoleNotAssumableError as error:
        raise RoleRefusedError from error
    if function.kms_key_arn:
        region = function.region
        key = policies.key_arn(function.kms_key_arn, session.account_id, region)
        context = {"kms:viaservice": (f"lambda.{region}.amazonaws.com",)}
        if not has_all(session, [Permission("kms:Decrypt", key, context)], region):
            raise KeyRefusedError
    return session


def may_log(function: Any, session: RoleSession, log_stream: str) -> bool:
    """Whether a function's role may write to the function's log."""
    group = function.logs_group_name
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    if group not in function.logs_backend.groups:
        actions.insert(0, "logs:CreateLogGroup")
    stream = (
        f"arn:{session.partition}:logs:{function.region}:{session.account_id}:"
        f"log-group:{group}:log-stream:{log_stream}"
    )
    return has_all(session, [Permission(action, stream) for action in actions], function.region)
