"""``recommender logs``: what the functions and jobs of an execution have logged."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import click

from console.aws_options import AwsOptions
from console.commands.options import (
    ENDPOINT_NOTE,
    EXECUTION_NOTE,
    aws_options,
    execution_argument,
    stack_option,
)
from console.exit_codes import help_text

if TYPE_CHECKING:
    from console.execution_reference import Execution
    from console.run_logs import LogLine


@click.command(
    epilog=f"""{EXECUTION_NOTE}

{ENDPOINT_NOTE}

Showing logs succeeds whatever became of the execution. Interrupting --follow only stops the
showing: the execution goes on.

\b
Examples:
  recommender logs latest
  recommender logs latest --step TrainModel --follow
  recommender logs train-20261122-063156-9f3a --json | jq -r .message

{help_text()}"""
)
@execution_argument
@click.option("--step", metavar="NAME", help="Only of this state, for example TrainModel.")
@click.option("--follow", is_flag=True, help="Show new lines as they come, until it ends.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each line.")
@stack_option
@aws_options
def logs(
    execution: str,
    step: str | None,
    follow: bool,
    as_json: bool,
    stack_name: str,
    aws: AwsOptions,
) -> None:
    """Print the logs of an execution's functions and jobs, in time order."""
    from console.execution_reference import find_execution, step_functions_errors
    from console.history import new_events
    from console.interruption import interruptible
    from console.logged_steps import check_step
    from console.run_logs import RunLogs
    from console.timeline import Timeline

    found = find_execution(execution, stack_name, aws)
    if step is not None:
        check_step(found, step)
    run_logs, timeline = RunLogs(found, step), Timeline()
    with interruptible():
        while True:
            with step_functions_errors(found.arn):
                timeline.take(
                    new_events(
                        found.access.client("stepfunctions"), found.arn, timeline.last_event_id
                    )
                )
            for line in run_logs.new_lines(timeline):
                _print(found, line, as_json=as_json)
            if not follow or (timeline.status != "RUNNING" and not run_logs.may_come_more):
                return
            time.sleep(found.access.poll_seconds)


def _print(execution: Execution, line: LogLine, *, as_json: bool) -> None:
    from console.log_lines import as_document, as_text, is_metrics_only
    from console.terminal_text import width_of, wrapped

    if is_metrics_only(line):
        return
    if as_json:
        click.echo(json.dumps(as_document(line)))
        return
    width = width_of()
    for text in as_text(line, execution.run_id):
        for shown in wrapped(text, width, indent="    "):
            click.echo(shown)
