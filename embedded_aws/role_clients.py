"""Clients of the embedded AWS, made once for each service and role.

What Step Functions reports when it cannot assume the role is not documented; here the task fails
as its service's AccessDenied.
"""

from __future__ import annotations

import functools
import hashlib
import string
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.settings import moto_server_port

from embedded_aws.iam.errors import RoleNotAssumableError
from embedded_aws.iam.role_sessions import STEP_FUNCTIONS, RoleSession, assume

# A function may run for 15 minutes; a synchronous call must wait that long for its answer.
_READ_TIMEOUT_SECONDS = 960
_LETTERS = string.ascii_letters


@functools.lru_cache(maxsize=64)
def _cached_client(port: str, region: str, service: str, session: RoleSession | None) -> BaseClient:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=session.access_key_id if session else "embedded",
        aws_secret_access_key=session.secret_access_key if session else "embedded",
        aws_session_token=session.session_token if session else None,
        config=Config(
            parameter_validation=False,  # the service validates, as on AWS
            retries={"total_max_attempts": 1},
            read_timeout=_READ_TIMEOUT_SECONDS,
            s3={"addressing_style": "path"},
            max_pool_connections=50,
        ),
    )


def client_for(region: str, service: str, state_credentials: Any = None) -> BaseClient:
    """Return a client of one service of the embedded AWS.

    Parameters
    ----------
    region : str
        For example ``us-east-1``.
    service : str
        A botocore service name.
    state_credentials : StateCredentials, optional
        What moto's tasks have: the role of the state machine. Without it the client is nobody's,
        and not restricted.

    Raises
    ------
    ClientError
        AccessDeniedException, if Step Functions cannot assume the role.
    """
    if state_credentials is None:
        return _cached_client(moto_server_port(), region, service, None)
    role_arn, machine_arn = state_credentials.role_arn, state_credentials.state_machine_arn
    try:
        session = assume(
            role_arn, STEP_FUNCTIONS, name=_session_name(machine_arn), source_arn=machine_arn
        )
    except RoleNotAssumableError as error:
        answer = {
            "Error": {"Code": "AccessDeniedException", "Message": str(error)},
            "ResponseMetadata": {"HTTPStatusCode": 403, "RequestId": "embedded"},
        }
        raise ClientError(answer, "AssumeRole") from error
    return client_as(session, region, service)


def client_as(session: RoleSession, region: str, service: str) -> BaseClient:
    """Return a client that is used in a role's name."""
    return _cached_client(moto_server_port(), region, service, session)


def _session_name(machine_arn: str) -> str:
    """Make a name of 32 letters, as Step Functions' own are; the same for each machine."""
    digest = hashlib.sha256(machine_arn.encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest)
