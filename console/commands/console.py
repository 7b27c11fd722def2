"""``recommender console``: the web console of a deployed stack, until Ctrl-C."""

from __future__ import annotations

import secrets
import threading

import click

from console.aws_options import AwsOptions
from console.commands.options import ENDPOINT_NOTE, aws_options, stack_option
from console.exit_codes import help_text
from console.interruption import interruptible

DEFAULT_PORT = 4580
_TOKEN_BYTES = 24


@click.command(
    epilog=f"""{ENDPOINT_NOTE}

It listens on 127.0.0.1 only, acts with your credentials, and lets in only who opens the address
that it prints.

\b
Examples:
  recommender console
  recommender console --stack VideoRecommenderTest --port 0 --open

{help_text()}"""
)
@stack_option
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True,
              help="Port on 127.0.0.1; 0 takes a free one.")  # fmt: skip
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
@aws_options
def console(stack_name: str, port: int, opens: bool, aws: AwsOptions) -> None:
    """Show a deployed stack's executions in the browser, until Ctrl-C."""
    from console.executions import find_stack
    from console.web.serving import web_console

    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with interruptible():
        try:
            stack = find_stack(aws.access(), stack_name)
            with web_console(stack, stack_name, port=port, token=token) as address:
                click.echo(f"Web console  {address}")
                click.echo("Ctrl-C stops it; what it has started goes on.", err=True)
                if opens:
                    click.launch(address)
                threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
