"""What EventBridge and its Scheduler can invoke: state machines, functions, queues, topics.

Each is asked through its API, so that it refuses what it refuses on AWS.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from embedded_aws.errors import EmbeddedAwsError
from embedded_aws.iam.role_sessions import RoleSession
from embedded_aws.role_clients import client_as, client_for

_log = logging.getLogger(__name__)

INVOCATION_ERRORS = (ClientError, BotoCoreError, EmbeddedAwsError)
"""What an invocation that fails raises."""

_KINDS = {"states": "stateMachine", "lambda": "function", "sqs": "", "sns": ""}


class UnsupportedTargetError(EmbeddedAwsError):
    """AWS can invoke such a target, the embedded AWS cannot; it says so rather than pretend."""


def check_target(arn: str) -> None:
    """Refuse a target that cannot be invoked here.

    Raises
    ------
    UnsupportedTargetError
        If it is no state machine, function, queue or topic.
    """
    parts = arn.split(":")
    if len(parts) < 6 or parts[2] not in _KINDS or _KINDS[parts[2]] not in ("", parts[5]):
        raise UnsupportedTargetError(
            "the embedded EventBridge invokes state machines, functions, queues and topics, no "
            f"target such as {arn}"
        )


def request_of(target: Mapping[str, Any], payload: str, *, name: str) -> dict[str, Any]:
    """Say what the target's API is asked.

    Parameters
    ----------
    target : mapping
        As in PutTargets and CreateSchedule: ``Arn`` and, for a queue, ``SqsParameters``.
    payload : str
        Input, event or message.
    name : str
        Of the execution, should it become one.
    """
    arn = target["Arn"]
    service = arn.split(":")[2]
    if service == "states":
        return {"stateMachineArn": arn, "name": name, "input": payload}
    if service == "lambda":
        return {"FunctionName": arn, "InvocationType": "Event", "Payload": payload}
    if service == "sns":
        return {"TopicArn": arn, "Message": payload}
    group = target.get("SqsParameters", {})
    return {"QueueUrl": queue_url(arn), "MessageBody": payload, **group}


def invoke(
    target: Mapping[str, Any], payload: str, *, name: str, session: RoleSession | None = None
) -> None:
    """Invoke a target.

    Parameters
    ----------
    target, payload, name
        As in `request_of`.
    session : RoleSession, optional
        Role in whose name it is invoked; without one, what the target's own policy says about
        EventBridge is not looked at.

    Raises
    ------
    ClientError, BotoCoreError, EmbeddedAwsError
        If it refuses, or cannot be invoked here. Functions are invoked asynchronously: how they
        end stays unknown.
    """
    arn = target["Arn"]
    check_target(arn)
    _, _, service, region = arn.split(":")[:4]
    request = request_of(target, payload, name=name)
    api = "stepfunctions" if service == "states" else service
    client = client_as(session, region, api) if session else client_for(region, api)
    if service == "states":
        client.start_execution(**request)
    elif service == "lambda":
        # Refuses one that does not exist.
        client_for(region, service).get_function_configuration(FunctionName=arn)
        threading.Thread(target=_invoke_function, args=(client, request), daemon=True).start()
    elif service == "sns":
        client.publish(**request)
    else:
        client.send_message(**request)


def queue_url(arn: str) -> str:
    """Find a queue's URL.

    Raises
    ------
    ClientError
        If there is no such queue.
    """
    region, _, name = arn.split(":")[3:6]
    return str(client_for(region, "sqs").get_queue_url(QueueName=name)["QueueUrl"])


def _invoke_function(client: Any, request: dict[str, Any]) -> None:
    """Wait for the function, which moto runs before it answers."""
    try:
        client.invoke(**request)
    except INVOCATION_ERRORS as error:
        _log.warning("%s: %s", request["FunctionName"], error)
