"""Starting and stopping executions of the state machine."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_access import AwsAccess
from console.aws_problems import aws_problem
from console.embedded_stack import DeployedStack, deployed_stack, missing_outputs
from console.errors import BadInputError, EnvironmentProblemError

# API reference, StartExecution, name.
_NOT_IN_NAMES = '<>{}[]?*"#%\\^|~`$&,;:/'
_NAME = re.compile(
    rf"[^\s{re.escape(_NOT_IN_NAMES)}\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]{{1,80}}"
)


def start_execution(
    stack: DeployedStack, execution_input: dict[str, Any], *, name: str | None = None
) -> str:
    """Start an execution and return its ARN.

    Parameters
    ----------
    stack : DeployedStack
    execution_input : dict
    name : str or None
        ``None`` makes one of mode, time (UTC) and a random ending.

    Raises
    ------
    BadInputError
        If an execution cannot have that name.
    EnvironmentProblemError
        If Step Functions refuses, or cannot be reached.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise BadInputError(
            f"name of the execution: expected 1 to 80 characters without spaces, control "
            f"characters and any of {_NOT_IN_NAMES}, found {name!r}",
            step="start",
        )
    try:
        started = stack.access.client("stepfunctions").start_execution(
            stateMachineArn=stack.state_machine_arn,
            name=name or make_name(execution_input),
            input=json.dumps(execution_input),
        )
    except (BotoCoreError, ClientError) as error:
        raise aws_problem(
            f"{stack.state_machine_arn}: the execution does not start", error, step="start"
        ) from error
    return str(started["executionArn"])


def make_name(execution_input: dict[str, Any]) -> str:
    """Return a name that people recognise, for example ``train-20261122-063156-9f3a``."""
    mode = execution_input.get("mode", "train")
    return f"{mode}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"


def stop_execution(access: AwsAccess, execution_arn: str) -> None:
    """Stop an execution that somebody interrupted, as well as that can be done."""
    with contextlib.suppress(BotoCoreError, ClientError):
        access.client("stepfunctions").stop_execution(
            executionArn=execution_arn, error="Interrupted", cause="interrupted by the person"
        )


def find_stack(access: AwsAccess, stack_name: str) -> DeployedStack:
    """Find the pipeline by the outputs of its CloudFormation stack.

    Parameters
    ----------
    access : AwsAccess
    stack_name : str

    Raises
    ------
    EnvironmentProblemError
        If there is no such stack, or AWS cannot be reached.
    """
    where = access.endpoint_url or f"region {access.region}"
    try:
        stacks = access.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            raise EnvironmentProblemError(
                f"{where}: there is no stack {stack_name!r}; name another one with --stack, look "
                "elsewhere with --region or --profile, or deploy it with `make deploy`",
                step="stack",
            ) from error
        raise aws_problem(where, error, step="stack") from error
    except BotoCoreError as error:
        raise aws_problem(where, error, step="stack") from error
    outputs = {out["OutputKey"]: out["OutputValue"] for out in stacks[0].get("Outputs", [])}
    missing = missing_outputs(outputs)
    if missing:
        raise EnvironmentProblemError(
            f"{where}: stack {stack_name!r}: {missing}, or name another one with --stack",
            step="stack",
        )
    return deployed_stack(access, outputs)
