"""``recommender start``, ``watch`` and ``report``: against any AWS, real or embedded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.aws_options import AwsOptions
from console.commands.options import (
    ENDPOINT_NOTE,
    EXECUTION_NOTE,
    aws_options,
    execution_argument,
    input_option,
    json_option,
    mode_option,
    quiet_option,
    stack_option,
)
from console.errors import RunInterruptedError
from console.exit_codes import help_text
from console.interruption import interruptible
from console.view import choose_view

if TYPE_CHECKING:
    from console.aws_access import AwsAccess

_output_option = click.option(
    "--output", metavar="DIR", type=click.Path(path_type=Path),
    help="Folder for report and model.  [default: output/RUN_ID]",
)  # fmt: skip


@click.command(
    epilog=f"""{ENDPOINT_NOTE}

\b
Examples:
  recommender start
  recommender start --watch --input '{{"dataset": {{"uri": "raw/2026-11/"}}}}'
  recommender start --stack VideoRecommenderTest --mode tune

{help_text()}"""
)
@stack_option
@mode_option
@input_option
@click.option("--name", help="Name of the execution.  [default: mode, time and a random ending]")
@click.option("--watch", "watching", is_flag=True, help="Watch it to its end.")
@json_option
@quiet_option
@aws_options
def start(
    stack_name: str,
    mode: str | None,
    input_text: str | None,
    name: str | None,
    watching: bool,
    as_json: bool,
    quiet: bool,
    aws: AwsOptions,
) -> None:
    """Start an execution of a deployed pipeline; prints its ARN."""
    from console.executions import find_stack, start_execution
    from console.run_input import check_input, complete_input, parse_input

    execution_input = complete_input(parse_input(input_text), mode=mode)
    check_input(execution_input)
    access = aws.access()
    execution_arn = start_execution(find_stack(access, stack_name), execution_input, name=name)
    print_started(execution_arn, watching=watching, as_json=as_json)
    if watching:
        watch_to_the_end(access, execution_arn, quiet=quiet, as_json=as_json)


def print_started(execution_arn: str, *, watching: bool, as_json: bool, **more: object) -> None:
    """Say which execution was started.

    Parameters
    ----------
    execution_arn : str
    watching, as_json : bool
        As the options say: there is one JSON object, in the end, if it is watched.
    more
        Further members of the JSON object.
    """
    if not as_json:
        click.echo(execution_arn)
    elif not watching:
        click.echo(json.dumps({"execution_arn": execution_arn, **more}))


@click.command(
    epilog=f"""{EXECUTION_NOTE}

{ENDPOINT_NOTE}

Interrupting it only stops the watching: the execution goes on.

\b
Examples:
  recommender watch latest
  recommender watch train-20261122-063156-9f3a --json
  recommender watch latest --profile production --region eu-west-1

{help_text()}"""
)
@execution_argument
@stack_option
@json_option
@quiet_option
@aws_options
def watch(execution: str, stack_name: str, as_json: bool, quiet: bool, aws: AwsOptions) -> None:
    """Watch an execution to its end; exits with its outcome."""
    from console.execution_reference import find_execution

    found = find_execution(execution, stack_name, aws)
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
    RunInterruptedError
        If the person does not want to see more; the execution goes on.
    """
    from console.commands.ending import show
    from console.run_record import gather
    from console.watching import watch as watch_execution

    with interruptible():
        view = choose_view(quiet=quiet)
        try:
            timeline = watch_execution(access, execution_arn, view, redrives=redrives)
        except KeyboardInterrupt:
            view.close()
            name = execution_arn.rpartition(":")[2]
            raise RunInterruptedError(
                f"interrupted: the execution goes on; `recommender watch {name}` shows it again"
            ) from None
        finally:
            view.close()
        show(gather(access, execution_arn, timeline), None, as_json=as_json)


@click.command(
    epilog=f"""{EXECUTION_NOTE}

{ENDPOINT_NOTE}

\b
Examples:
  recommender report latest
  recommender report accepted --profile production --region eu-west-1

{help_text()}"""
)
@execution_argument
@stack_option
@_output_option
@json_option
@aws_options
def report(
    execution: str, stack_name: str, output: Path | None, as_json: bool, aws: AwsOptions
) -> None:
    """Write the report of an execution, also of one that failed."""
    from console.commands.ending import DEFAULT_ROOT, print_written
    from console.execution_reference import find_execution
    from console.output_folder import write_output
    from console.run_record import gather

    found = find_execution(execution, stack_name, aws)
    record = gather(found.access, found.arn)
    folder = output or DEFAULT_ROOT / record.folder_name
    print_written(record, write_output(found.access, record, folder), as_json=as_json)
