"""``recommender start``, ``watch`` and ``report``: against any AWS, real or embedded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.commands.options import (
    EXECUTION_NOTE,
    execution_argument,
    input_option,
    json_option,
    mode_option,
    quiet_option,
    region_option,
    stack_option,
)
from console.exit_codes import help_text
from console.interruption import interruptible
from console.view import choose_view

if TYPE_CHECKING:
    from console.aws_access import AwsAccess

ENDPOINT_NOTE = (
    "Goes to the AWS account that is configured, or to the address in AWS_ENDPOINT_URL, which "
    "`recommender serve` prints."
)

_output_option = click.option(
    "--output", metavar="DIR", type=click.Path(path_type=Path),
    help="Folder for report and model.  [default: output/RUN_ID]",
)  # fmt: skip


@click.command(
    epilog=f"""{ENDPOINT_NOTE}

\b
Examples:
  recommender start
  recommender start --input '{{"dataset": {{"uri": "s3://my-bucket/reviews/"}}}}' --watch
  recommender start --stack VideoRecommenderTest --mode tune

{help_text()}"""
)
@stack_option
@mode_option
@input_option
@click.option("--name", help="Name of the execution.  [default: mode, time and a random ending]")
@click.option("--watch", "watching", is_flag=True, help="Watch it to its end.")
@region_option
def start(
    stack_name: str,
    mode: str | None,
    input_text: str | None,
    name: str | None,
    watching: bool,
    region: str | None,
) -> None:
    """Start an execution of a deployed pipeline; prints its ARN."""
    from console.aws_access import AwsAccess
    from console.executions import find_stack, start_execution
    from console.run_input import check_input, complete_input, parse_input

    execution_input = complete_input(parse_input(input_text), mode=mode)
    check_input(execution_input)
    access = AwsAccess.from_environment(region)
    execution_arn = start_execution(find_stack(access, stack_name), execution_input, name=name)
    click.echo(execution_arn)
    if watching:
        watch_to_the_end(access, execution_arn, quiet=False, as_json=False)


@click.command(
    epilog=f"""{EXECUTION_NOTE}

{ENDPOINT_NOTE}

Interrupting it only stops the watching: the execution goes on.

\b
Examples:
  recommender watch latest
  recommender watch train-20261122-063156-9f3a --json
  recommender watch arn:aws:states:eu-west-1:123456789012:execution:Machine:train-1

{help_text()}"""
)
@execution_argument
@stack_option
@json_option
@quiet_option
@region_option
def watch(execution: str, stack_name: str, as_json: bool, quiet: bool, region: str | None) -> None:
    """Watch an execution to its end; exits with its outcome."""
    from console.execution_reference import find_execution

    found = find_execution(execution, stack_name, region)
    watch_to_the_end(found.access, found.arn, quiet=quiet, as_json=as_json)


def watch_to_the_end(
    access: AwsAccess, execution_arn: str, *, quiet: bool, as_json: bool, redrives: int = 0
) -> None:
    """Watch an execution to its end and print its result.

    Parameters
    ----------
    access : AwsAccess
    execution_arn : str
    quiet, as_json : bool
        As the options say.
    redrives : int
        As `console.watching.watch` takes it.

    Raises
    ------
    RunFailedError
        If it ends otherwise than SUCCEEDED.
    """
    from console.commands.ending import show
    from console.run_record import gather
    from console.watching import watch as watch_execution

    with interruptible():
        view = choose_view(quiet=quiet)
        try:
            timeline = watch_execution(access, execution_arn, view, redrives=redrives)
        finally:
            view.close()
        show(gather(access, execution_arn, timeline), None, as_json=as_json)


@click.command(
    epilog=f"""{EXECUTION_NOTE}

{ENDPOINT_NOTE}

\b
Examples:
  recommender report latest
  recommender report arn:aws:states:eu-west-1:123456789012:execution:Machine:train-1

{help_text()}"""
)
@execution_argument
@stack_option
@_output_option
@json_option
@region_option
def report(
    execution: str, stack_name: str, output: Path | None, as_json: bool, region: str | None
) -> None:
    """Write the report of an execution, also of one that failed."""
    from console.commands.ending import DEFAULT_ROOT, print_written
    from console.execution_reference import find_execution
    from console.output_folder import write_output
    from console.run_record import gather

    found = find_execution(execution, stack_name, region)
    record = gather(found.access, found.arn)
    folder = output or DEFAULT_ROOT / record.folder_name
    print_written(record, write_output(found.access, record, folder), as_json=as_json)
