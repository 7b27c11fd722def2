"""Which execution a person means: an ARN, a name, the latest, or that of the model in use."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_access import AwsAccess, region_of
from console.aws_options import AwsOptions
from console.aws_problems import aws_problem
from console.embedded_stack import DeployedStack
from console.errors import BadInputError
from console.executions import find_stack
from lambdas.evaluate.accepted import accepted_model
from lambdas.resolve_run.resolution import make_run_id
from lambdas.runtime.store import ArtifactStore
from recommender.run_layout import ACCEPTED_MODEL_KEY

LATEST = "latest"
ACCEPTED = "accepted"
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


def find_execution(reference: str, stack_name: str, aws: AwsOptions) -> Execution:
    """Find an execution by what a person calls it.

    Parameters
    ----------
    reference : str
        Its ARN; or, of the stack's state machine, its name, ``latest`` for the one that was
        started last, or ``accepted`` for the one whose model is in use.
    stack_name : str
        CloudFormation stack of the pipeline; an ARN needs none.
    aws : AwsOptions
        Where to look; an ARN says its own region.

    Raises
    ------
    BadInputError
        If there is no such execution.
    EnvironmentProblemError
        If there is no such stack, or AWS cannot be reached or refuses.
    """
    if reference.startswith("arn:"):
        return describe(aws.access(region=region_of(reference)), reference)
    stack = find_stack(aws.access(), stack_name)
    return describe(stack.access, _NAMED.get(reference, _arn_of)(stack, reference))


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
        raise aws_problem(what, error) from error
    except BotoCoreError as error:
        raise aws_problem(what, error) from error


def _arn_of(stack: DeployedStack, name: str) -> str:
    return stack.execution_arn(name)


def _latest(stack: DeployedStack, _: str) -> str:
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


def _accepted(stack: DeployedStack, _: str) -> str:
    """Find the execution of the model in use, whose record has the run id only."""
    record = f"s3://{stack.data_bucket}/{ACCEPTED_MODEL_KEY}"
    try:
        model = accepted_model(ArtifactStore(stack.access.client("s3"), stack.data_bucket))
    except (BotoCoreError, ClientError) as error:
        raise aws_problem(record, error) from error
    if model is None:
        raise BadInputError(f"{record}: no model is in use yet; `recommender start` starts a run")
    pages = stack.access.client("stepfunctions").get_paginator("list_executions")
    with step_functions_errors(stack.state_machine_arn):
        for page in pages.paginate(stateMachineArn=stack.state_machine_arn):
            for item in page["executions"]:
                if make_run_id(item["executionArn"], item["startDate"]) == model.run_id:
                    return str(item["executionArn"])
    raise BadInputError(
        f"the model in use is of run {model.run_id}, of which there is no execution: Step "
        "Functions keeps them for 90 days; name another one"
    )


_NAMED = {LATEST: _latest, ACCEPTED: _accepted}
