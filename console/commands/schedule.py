"""``recommender schedule``: what starts a deployed pipeline by itself."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import click

from console.command_group import CommandGroup
from console.commands.options import json_option, region_option
from console.commands.remote import DEFAULT_STACK, ENDPOINT_NOTE
from console.exit_codes import help_text
from console.printable import printable

if TYPE_CHECKING:
    from console.embedded_stack import DeployedStack
    from console.schedules import PipelineSchedule

EXAMPLES = """
\b
Examples:
  recommender schedule list
  recommender schedule fire train-daily
  recommender schedule pause tune-weekly
"""
_COLUMNS = ("NAME", "STATE", "NEXT", "EXPRESSION", "INPUT")

_stack_option = click.option(
    "--stack",
    "stack_name",
    default=DEFAULT_STACK,
    show_default=True,
    help="CloudFormation stack of the pipeline.",
)


@click.group(cls=CommandGroup, epilog=f"{ENDPOINT_NOTE}\n{EXAMPLES}\n{help_text()}")
def schedule() -> None:
    """List, fire, pause and resume the schedules of a deployed pipeline."""


@schedule.command("list")
@_stack_option
@json_option
@region_option
def list_command(stack_name: str, as_json: bool, region: str | None) -> None:
    """Show when runs start by themselves."""
    from console.schedules import list_schedules

    schedules = list_schedules(_stack(stack_name, region))
    now = dt.datetime.now(dt.UTC)
    if as_json:
        click.echo(json.dumps({"schedules": [found.as_document(now) for found in schedules]}))
    elif not schedules:
        click.echo(f"no schedule starts runs of {stack_name}; the setting is `schedules`")
    else:
        _print_columns([_COLUMNS, *(_row(found, now) for found in schedules)])


@schedule.command()
@click.argument("name")
@_stack_option
@region_option
def fire(name: str, stack_name: str, region: str | None) -> None:
    """Start a run now, as a schedule would.

    Prints the execution's ARN. The schedule stays as it is; it may be paused.
    """
    from console.executions import start_execution
    from console.schedules import find_schedule

    stack = _stack(stack_name, region)
    click.echo(start_execution(stack, find_schedule(stack, name).execution_input))


@schedule.command()
@click.argument("name")
@_stack_option
@region_option
def pause(name: str, stack_name: str, region: str | None) -> None:
    """Let a schedule not fire until it is resumed."""
    _set_state(name, stack_name, region, enabled=False)


@schedule.command()
@click.argument("name")
@_stack_option
@region_option
def resume(name: str, stack_name: str, region: str | None) -> None:
    """Let a paused schedule fire again.

    What it missed is not made up for.
    """
    _set_state(name, stack_name, region, enabled=True)


def _set_state(name: str, stack_name: str, region: str | None, *, enabled: bool) -> None:
    from console.schedules import find_schedule, set_state

    stack = _stack(stack_name, region)
    found = find_schedule(stack, name)
    if found.is_enabled != enabled:
        set_state(stack, found, enabled=enabled)
    click.echo(f"{name} {'fires again' if enabled else 'is paused'}")


def _stack(stack_name: str, region: str | None) -> DeployedStack:
    from console.aws_access import AwsAccess
    from console.executions import find_stack

    return find_stack(AwsAccess.from_environment(region), stack_name)


def _row(found: PipelineSchedule, now: dt.datetime) -> tuple[str, ...]:
    following = found.next_time(now)
    return (
        printable(found.name),
        "enabled" if found.is_enabled else "paused",
        f"{following:%Y-%m-%d %H:%M} {found.time_zone}" if following else "-",
        found.expression,
        printable(found.input_text),
    )


def _print_columns(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
