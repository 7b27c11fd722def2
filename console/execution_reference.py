"""Which execution a person means: an ARN, a name, or the latest."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_access import AwsAccess, region_of
from console.embedded_stack import DeployedStack
from console.errors import BadInputError, EnvironmentProblemError
from console.executions import find_stack
from lambdas.resolve_run.resolution import make_run_id

LATEST = "latest"
_NO_SUCH_EXECUTION = ("ExecutionDoesNotExist", "InvalidArn")


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution that is there.

    Attributes
    ----------
    access : AwsAccess
        Clients of the AWS that it is in.
    described : dict
        What DescribeExecution answers.
    """

    access: AwsAccess
    described: dict[str, Any]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.described["executionArn"])

    @property
    def name(self) -> str:
        """Unique in its state machine."""
        return str(self.described["name"])

    @property
    def status(self) -> str:
        """Step Functions' word, for example RUNNING."""
        return str(self.described["status"])

    @property
    def run_id(self) -> str:
        """Name of its run, which ResolveRun makes of its ARN and start alone."""
        return make_run_id(self.arn, self.started_at)

    @property
    def started_at(self) -> datetime:
        """When it was started; a redrive does not change it."""
        started: datetime = self.described["startDate"]
        return started

    @property
    def redrives(self) -> int:
        """How often it was redriven."""
        return int(self.described.get("redriveCount", 0))

    @property
    def output(self) -> dict[str, Any]:
        """Its output; empty unless it succeeded with an object."""
        value = json.loads(self.described.get("output") or "{}")
        return value if isinstance(value, dict) else {}


def find_execution(reference: str, stack_name: str, region: str | None) -> Execution:
    """Find an execution by what a person calls it.

    Parameters
    ----------
    reference : str
        Its ARN; or its name, or ``latest`` for the one that was started last, both of the stack's
        state machine.
    stack_name : str
        CloudFormation stack of the pipeline; an ARN needs none.
    region : str or None
        ``None`` takes the configured one; an ARN says its own.

    Raises
    ------
    BadInputError
        If there is no such execution.
    EnvironmentProblemError
        If there is no such stack, or AWS cannot be reached or refuses.
    """
    if reference.startswith("arn:"):
        access, arn = AwsAccess.from_environment(region_of(reference)), reference
    else:
        access = AwsAccess.from_environment(region)
        stack = find_stack(access, stack_name)
        arn = _latest(stack) if reference == LATEST else stack.execution_arn(reference)
    return describe(access, arn)


def describe(access: AwsAccess, execution_arn: str) -> Execution:
    """Look at an execution.

    Raises
    ------
    BadInputError
        If there is none.
    EnvironmentProblemError
        If AWS cannot be reached or refuses.
    """
    with step_functions_errors(execution_arn):
        described = access.client("stepfunctions").describe_execution(executionArn=execution_arn)
    return Execution(access, described)


@contextlib.contextmanager
def step_functions_errors(what: str) -> Iterator[None]:
    """Say in one line what AWS answered about an execution or a state machine.

    Parameters
    ----------
    what : str
        ARN of what was asked for.

    Raises
    ------
    BadInputError
        If there is no such execution.
    EnvironmentProblemError
        If AWS cannot be reached or refuses.
    """
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _NO_SUCH_EXECUTION:
            raise BadInputError(
                f"{what}: there is no such execution; `recommender list` shows which there are "
                "(Step Functions keeps them for 90 days)"
            ) from error
        raise EnvironmentProblemError(f"{what}: {error}") from error
    except BotoCoreError as error:
        raise EnvironmentProblemError(f"{what}: {error}") from error


def _latest(stack: DeployedStack) -> str:
    with step_functions_errors(stack.state_machine_arn):
        # API reference, ListExecutions: "sorted by time, with the most recent execution first".
        executions = stack.access.client("stepfunctions").list_executions(
            stateMachineArn=stack.state_machine_arn, maxResults=1
        )["executions"]
    if not executions:
        raise BadInputError(
            f"{stack.state_machine_arn}: there is no execution yet; `recommender start` starts one"
        )
    return str(executions[0]["executionArn"])
