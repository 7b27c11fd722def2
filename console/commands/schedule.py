"""``recommender schedule``: what starts a deployed pipeline by itself."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import click

from console.aws_options import AwsOptions
from console.columns import columns, shortened
from console.command_group import CommandGroup
from console.commands.options import ENDPOINT_NOTE, aws_options, json_option, stack_option
from console.exit_codes import help_text
from console.terminal_text import width_of

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
_LONGEST_INPUT = 18  # on a terminal; --json has all of it


@click.group(cls=CommandGroup, epilog=f"{ENDPOINT_NOTE}\n{EXAMPLES}\n{help_text()}")
def schedule() -> None:
    """List, fire, pause and resume the schedules of a deployed pipeline."""


@schedule.command("list")
@stack_option
@json_option
@aws_options
def list_command(stack_name: str, as_json: bool, aws: AwsOptions) -> None:
    """Show when runs start by themselves."""
    from console.schedules import list_schedules

    schedules = list_schedules(_stack(stack_name, aws))
    now = dt.datetime.now(dt.UTC)
    if as_json:
        click.echo(json.dumps({"schedules": [found.as_document(now) for found in schedules]}))
    elif not schedules:
        click.echo(f"no schedule starts runs of {stack_name}; the setting is `schedules`")
    else:
        width = width_of()
        rows = [_row(found, now, _LONGEST_INPUT if width else None) for found in schedules]
        for line in columns([_COLUMNS, *rows], width):
            click.echo(line)


@schedule.command()
@click.argument("name")
@stack_option
@json_option
@aws_options
def fire(name: str, stack_name: str, as_json: bool, aws: AwsOptions) -> None:
    """Start a run now, as a schedule would.

    Prints the execution's ARN. The schedule stays as it is; it may be paused.
    """
    from console.commands.remote import print_started
    from console.schedules import find_schedule
    from console.schedules import fire as fire_schedule

    stack = _stack(stack_name, aws)
    started = fire_schedule(stack, find_schedule(stack, name))
    print_started(started, watching=False, as_json=as_json)


@schedule.command()
@click.argument("name")
@stack_option
@json_option
@aws_options
def pause(name: str, stack_name: str, as_json: bool, aws: AwsOptions) -> None:
    """Let a schedule not fire until it is resumed."""
    _set_state(_stack(stack_name, aws), name, enabled=False, as_json=as_json)


@schedule.command()
@click.argument("name")
@stack_option
@json_option
@aws_options
def resume(name: str, stack_name: str, as_json: bool, aws: AwsOptions) -> None:
    """Let a paused schedule fire again.

    What it missed is not made up for.
    """
    _set_state(_stack(stack_name, aws), name, enabled=True, as_json=as_json)


def _set_state(stack: DeployedStack, name: str, *, enabled: bool, as_json: bool) -> None:
    from console.schedules import find_schedule, set_state

    found = find_schedule(stack, name)
    if found.is_enabled != enabled:
        set_state(stack, found, enabled=enabled)
    if as_json:
        click.echo(json.dumps({"name": found.name, "enabled": enabled}))
    else:
        click.echo(f"{found.name} {'fires again' if enabled else 'is paused'}")


def _stack(stack_name: str, aws: AwsOptions) -> DeployedStack:
    from console.executions import find_stack

    return find_stack(aws.access(), stack_name)


def _row(found: PipelineSchedule, now: dt.datetime, longest_input: int | None) -> tuple[str, ...]:
    following = found.next_times(now, 1)
    return (
        found.name,
        "enabled" if found.is_enabled else "paused",
        f"{following[0]:%Y-%m-%d %H:%M} {found.time_zone}" if following else "-",
        found.expression,
        shortened(found.input_text, longest_input) if longest_input else found.input_text,
    )
