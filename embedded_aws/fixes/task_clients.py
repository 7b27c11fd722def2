"""Task states reach the embedded AWS by address, through clients that are made once.

moto's tasks make a new client for every call, and address it as ``localhost``; S3 clients turn
that into ``bucket.localhost``, which many machines cannot resolve.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from moto.settings import moto_server_port
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
)

# A function may run for 15 minutes; a synchronous call must wait that long for its answer.
_READ_TIMEOUT_SECONDS = 960


@functools.lru_cache(maxsize=64)
def _cached_client(port: str, region: str, service: str) -> BaseClient:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",  # noqa: S106 - the embedded AWS knows no secrets
        config=Config(
            parameter_validation=False,  # the service validates, as on AWS
            retries={"total_max_attempts": 1},
            read_timeout=_READ_TIMEOUT_SECONDS,
            s3={"addressing_style": "path"},
            max_pool_connections=50,
        ),
    )


def client_for(region: str, service: str, state_credentials: Any = None) -> BaseClient:  # noqa: ARG001
    """Return a client of one service of the embedded AWS.

    Parameters
    ----------
    region : str
        For example ``us-east-1``.
    service : str
        A botocore service name.
    state_credentials : object, optional
        Unused; part of the signature that moto's tasks call.
    """
    return _cached_client(moto_server_port(), region, service)


def apply() -> None:
    """Hand the cached clients to moto's tasks."""
    original = lambda_eval_utils.boto_client_for
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", "")
        if name.startswith("moto.stepfunctions.parser") and (
            getattr(module, "boto_client_for", None) is original
        ):
            module.boto_client_for = client_for  # type: ignore[attr-defined]
    if state_task_service_aws_sdk.boto_client_for is not client_for:
        raise RuntimeError("moto's aws-sdk tasks take their clients from elsewhere")
