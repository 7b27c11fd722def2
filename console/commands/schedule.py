"""``recommender schedule``: what starts a deployed pipeline by itself."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import click

from console.columns import columns
from console.command_group import CommandGroup
from console.commands.options import json_option, region_option, stack_option
from console.commands.remote import ENDPOINT_NOTE
from console.exit_codes import help_text

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


@click.group(cls=CommandGroup, epilog=f"{ENDPOINT_NOTE}\n{EXAMPLES}\n{help_text()}")
def schedule() -> None:
    """List, fire, pause and resume the schedules of a deployed pipeline."""


@schedule.command("list")
@stack_option
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
        for line in columns([_COLUMNS, *(_row(found, now) for found in schedules)]):
            click.echo(line)


@schedule.command()
@click.argument("name")
@stack_option
@region_option
def fire(name: str, stack_name: str, region: str | None) -> None:
    """Start a run now, as a schedule would.

    Prints the execution's ARN. The schedule stays as it is; it may be paused.
    """
    from console.schedules import find_schedule
    from console.schedules import fire as fire_schedule

    stack = _stack(stack_name, region)
    click.echo(fire_schedule(stack, find_schedule(stack, name)))


@schedule.command()
@click.argument("name")
@stack_option
@region_option
def pause(name: str, stack_name: str, region: str | None) -> None:
    """Let a schedule not fire until it is resumed."""
    _set_state(name, stack_name, region, enabled=False)


@schedule.command()
@click.argument("name")
@stack_option
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
    following = found.next_times(now, 1)
    return (
        found.name,
        "enabled" if found.is_enabled else "paused",
        f"{following[0]:%Y-%m-%d %H:%M} {found.time_zone}" if following else "-",
        found.expression,
        found.input_text,
    )
