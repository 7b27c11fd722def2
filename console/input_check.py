"""What ResolveRun will say of an execution input, known before anything is started."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from console.embedded_stack import DeployedStack
from console.errors import EnvironmentProblemError
from lambdas.resolve_run.cost import InstanceHours, max_instance_hours
from lambdas.resolve_run.deployment_defaults import with_defaults
from lambdas.resolve_run.events import ResolvedRun
from lambdas.resolve_run.resolution import find_problems, resolve
from lambdas.resolve_run.sections import Problem

# Only a name that has the right form: the bucket may not exist yet.
ANY_BUCKET = "data-bucket"
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class InputCheck:
    """Either everything that is wrong with an input, or what will come of it.

    Attributes
    ----------
    problems : tuple of Problem
        Empty if the input is right, as far as the input alone shows: whether the ratings are there
        is not looked at.
    run : ResolvedRun or None
        The run with every default filled in, unless there are problems.
    hours : InstanceHours or None
        What it can use at most, unless there are problems.
    """

    problems: tuple[Problem, ...]
    run: ResolvedRun | None = None
    hours: InstanceHours | None = None


def check(
    execution_input: Any, deployment: Mapping[str, Any], *, data_bucket: str = ANY_BUCKET
) -> InputCheck:
    """Check an execution input with ResolveRun's own code.

    Parameters
    ----------
    execution_input : object
        As it was parsed from JSON.
    deployment : mapping
        The ``input_defaults`` of the deployment; empty if there is none.
    data_bucket : str
        The deployment's; any name unless the address of the ratings matters.
    """
    reading, problems = find_problems(with_defaults(execution_input, deployment))
    if problems:
        return InputCheck(tuple(problems))
    run = resolve(reading.given, run_id="check", data_bucket=data_bucket)
    return InputCheck((), run, max_instance_hours(reading.given))


def parse_json(text: str) -> dict[str, Any]:
    """Parse the text of an execution input.

    Raises
    ------
    ValueError
        In words, if it is no JSON object.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise ValueError(
            f'expected JSON such as {{"mode": "tune"}}, found {text[:_SHOWN]!r} ({error})'
        ) from error
    except RecursionError:
        raise ValueError(
            "expected at most a few levels of JSON, found hundreds inside one another"
        ) from None
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object such as {{}}, found {text[:_SHOWN]!r}")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def read_input_defaults(stack: DeployedStack) -> dict[str, Any]:
    """Read from a deployed state machine what holds where an execution input says nothing.

    They are part of what the definition sends to ResolveRun, so that a person who may look at the
    state machine (``states:DescribeStateMachine``) can see them.

    Raises
    ------
    EnvironmentProblemError
        If Step Functions refuses, or cannot be reached, or the state machine is not this project's.
    """
    arn = stack.state_machine_arn
    try:
        described = stack.access.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    except (BotoCoreError, ClientError) as error:
        raise EnvironmentProblemError(f"{arn}: {error}", step="input") from error
    defaults = input_defaults_in(json.loads(described["definition"]))
    if defaults is None:
        raise EnvironmentProblemError(
            f"{arn}: expected a state ResolveRun with input_defaults, found none; deploy the stack "
            "of this version",
            step="input",
        )
    return defaults


def input_defaults_in(definition: Any) -> dict[str, Any] | None:
    """Find the ``input_defaults`` in the definition of a state machine; None if they are not."""
    found = definition
    for key in ("States", "ResolveRun", "Parameters", "Payload", "input_defaults"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None
