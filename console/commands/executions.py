"""``recommender list``, ``show``, ``stop`` and ``redrive``: executions of a deployed pipeline."""

from __future__ import annotations

import datetime as dt
import json

import click

from console.aws_options import AwsOptions
from console.commands.options import (
    ENDPOINT_NOTE,
    EXECUTION_NOTE,
    aws_options,
    execution_argument,
    json_option,
    quiet_option,
    stack_option,
)
from console.commands.remote import print_started, watch_to_the_end
from console.exit_codes import help_text
from console.printable import printable

_STATUSES = (
    "running", "succeeded", "failed", "timed_out", "aborted", "pending_redrive",
    "accepted", "rejected", "skipped",
)  # fmt: skip
_COLUMNS = ("NAME", "STATUS", "STARTED (UTC)", "DURATION", "RMSE")


@click.command(
    "list",
    epilog=f"""{ENDPOINT_NOTE}

accepted, rejected and skipped are what executions that succeeded came to. The RMSE is on the test
split.

\b
Examples:
  recommender list
  recommender list --status failed --limit 5
  recommender list --status accepted --json
  recommender list --names --status running

{help_text()}""",
)
@click.option("--status", metavar="STATUS", type=click.Choice(_STATUSES, case_sensitive=False),
              help=f"Only with this status or outcome: {', '.join(_STATUSES)}.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True,
              help="How many at most, the latest first.")  # fmt: skip
@click.option("--names", is_flag=True, help="Print the names only, one a line.")
@stack_option
@json_option
@aws_options
def list_command(
    status: str | None,
    limit: int,
    names: bool,
    stack_name: str,
    as_json: bool,
    aws: AwsOptions,
) -> None:
    """List executions, the latest first."""
    from console.columns import columns, duration, moment
    from console.execution_list import list_executions
    from console.executions import find_stack
    from console.terminal_text import width_of

    stack = find_stack(aws.access(), stack_name)
    found = list_executions(stack, status=status, limit=limit)
    now = dt.datetime.now(dt.UTC)
    if as_json:
        click.echo(json.dumps({"executions": [one.as_document(now) for one in found]}))
    elif names:
        for one in found:
            click.echo(printable(one.name))
    elif not found:
        none = f"no execution is {status}" if status else "no execution yet; start one with "
        none += "" if status else "`recommender start`"
        click.echo(f"{stack_name}: {none}", err=True)
    else:
        rows = [
            (
                one.name,
                (one.outcome or one.status).replace("_", " "),
                moment(one.started_at),
                duration(one.seconds(now)),
                "-" if one.rmse is None else f"{one.rmse:.4f}",
            )
            for one in found
        ]
        for line in columns([_COLUMNS, *rows], width_of()):
            click.echo(line)


@click.command(
    epilog=f"""{EXECUTION_NOTE}

{ENDPOINT_NOTE}

Showing succeeds whatever became of the execution; `recommender watch` exits with its outcome.

\b
Examples:
  recommender show latest
  recommender show train-20261122-063156-9f3a --json

{help_text()}"""
)
@execution_argument
@stack_option
@json_option
@aws_options
def show(execution: str, stack_name: str, as_json: bool, aws: AwsOptions) -> None:
    """Show states, jobs, failure, input and output of an execution."""
    from console.execution_details import detail_lines, details
    from console.execution_reference import find_execution
    from console.terminal_text import width_of

    document = details(find_execution(execution, stack_name, aws))
    if as_json:
        click.echo(json.dumps(document))
    else:
        for line in detail_lines(document, width_of()):
            click.echo(line)


@click.command(
    epilog=f"""{EXECUTION_NOTE}

{ENDPOINT_NOTE}

Asks nothing. Step Functions stops the SageMaker job of the step that was running; what the run has
written stays, and `recommender redrive` goes on at that step. An execution that has ended already
stays as it is, and that is no error.

\b
Examples:
  recommender stop latest
  recommender stop train-20261122-063156-9f3a

{help_text()}"""
)
@execution_argument
@stack_option
@json_option
@aws_options
def stop(execution: str, stack_name: str, as_json: bool, aws: AwsOptions) -> None:
    """Stop an execution and its SageMaker job."""
    from console.execution_control import stop as stop_execution
    from console.execution_reference import find_execution

    stopped = stop_execution(find_execution(execution, stack_name, aws))
    if as_json:
        click.echo(json.dumps(stopped.as_document()))
    else:
        name = stopped.execution.name
        if not stopped.was_running:
            click.echo(printable(f"{name} has ended already: {stopped.status}"))
            return
        steps = f" in {', '.join(stopped.steps)}" if stopped.steps else ""
        click.echo(printable(f"stopped {name}{steps}"))
        for job, status in stopped.jobs:
            click.echo(printable(f"{job.kind} {job.name}: {status or 'status unknown'}"))


@click.command(
    epilog=f"""{EXECUTION_NOTE}

{ENDPOINT_NOTE}

It goes on at the step that failed or was stopped, with the results of the steps before. Step
Functions allows that for 14 days; the input stays what it was.

\b
Examples:
  recommender redrive latest --watch
  recommender redrive train-20261122-063156-9f3a

{help_text()}"""
)
@execution_argument
@click.option("--watch", "watching", is_flag=True, help="Watch it to its end.")
@stack_option
@json_option
@quiet_option
@aws_options
def redrive(
    execution: str,
    watching: bool,
    stack_name: str,
    as_json: bool,
    quiet: bool,
    aws: AwsOptions,
) -> None:
    """Let a failed or stopped execution go on; prints its ARN."""
    from console.execution_control import redrive as redrive_execution
    from console.execution_reference import find_execution

    found = find_execution(execution, stack_name, aws)
    redrives = redrive_execution(found)
    print_started(found.arn, watching=watching, as_json=as_json, redrives=redrives)
    if watching:
        watch_to_the_end(found.access, found.arn, quiet=quiet, as_json=as_json, redrives=redrives)
