"""Options that several commands have."""

from __future__ import annotations

import click

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
execution_argument = click.argument("execution", metavar="EXECUTION")
EXECUTION_NOTE = "EXECUTION is an execution's ARN or name, or `latest`."
region_option = click.option("--region", help="AWS region.  [default: as configured]")
