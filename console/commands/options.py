"""Options that several commands have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from console.aws_options import AwsOptions

DEFAULT_STACK = "VideoRecommender"

input_option = click.option(
    "--input",
    "input_text",
    metavar="JSON|@FILE",
    help="Execution input: JSON, or @ and a file with JSON. All keys are optional.",
)
mode_option = click.option(
    "--mode",
    type=click.Choice(["train", "tune"]),
    help="Train once, or search hyperparameters.  [default: train, or as --input says]",
)
json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object on standard output, also on failure; the rest on standard error.",
)
quiet_option = click.option("--quiet", is_flag=True, help="Do not show progress.")
assembly_option = click.option(
    "--assembly",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=str),
    help="Deploy this synthesized assembly instead of synthesizing app.py.",
)
stack_option = click.option(
    "--stack",
    "stack_name",
    default=DEFAULT_STACK,
    show_default=True,
    help="CloudFormation stack of the pipeline.",
)
_NAMED = ("latest", "accepted")


def _complete_execution(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete the words that stand for executions; their names would take seconds to ask for."""
    return [word for word in _NAMED if word.startswith(incomplete)]


execution_argument = click.argument(
    "execution", metavar="EXECUTION", shell_complete=_complete_execution
)
executions_argument = click.argument(
    "executions", metavar="EXECUTION...", nargs=-1, required=True,
    shell_complete=_complete_execution,
)  # fmt: skip
EXECUTION_NOTE = (
    "EXECUTION is an execution's ARN or name, `latest`, or `accepted`: that of the model in use."
)
ENDPOINT_NOTE = (
    "Goes to the AWS account and region that are configured for the AWS CLI, or to the address in "
    "--endpoint-url or AWS_ENDPOINT_URL, which `recommender serve` prints."
)


def aws_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the AWS CLI's ``--profile``, ``--region``, ``--endpoint-url``; gives ``aws``.

    Parameters
    ----------
    command : callable
        Takes an `AwsOptions` as its argument ``aws``.
    """

    @click.option("--profile", metavar="NAME", help="AWS profile.  [default: as configured]")
    @click.option("--region", metavar="NAME", help="AWS region.  [default: as configured]")
    @click.option(
        "--endpoint-url",
        metavar="URL",
        help="Address of every AWS service, such as an embedded AWS.  [default: as configured]",
    )
    @functools.wraps(command)
    def with_aws(
        *args: Any, profile: str | None, region: str | None, endpoint_url: str | None, **kwargs: Any
    ) -> Any:
        return command(*args, aws=AwsOptions(profile, region, endpoint_url), **kwargs)

    return with_aws
