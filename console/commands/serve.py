"""``recommender serve``: an embedded AWS with the stack deployed, and the web console."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console import datasets
from console.commands.options import DEFAULT_STACK, assembly_option, quiet_option
from console.commands.run import load_ratings
from console.exit_codes import help_text
from console.interruption import interruptible
from console.view import choose_view

if TYPE_CHECKING:
    from console.embedded_stack import DeployedStack

DEFAULT_PORT = 4566
_LAST_PORT = 65535
EXAMPLES = """
\b
Examples:
  recommender serve
  recommender serve --port 5005 --data ratings.csv
"""


@click.command(epilog=EXAMPLES + "\n" + help_text())
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True,
              help="Port on 127.0.0.1; 0 takes a free one.")  # fmt: skip
@click.option("--console-port", type=click.IntRange(0, 65535),
              help="Port of the web console.  [default: the one after --port]")  # fmt: skip
@click.option("--data", metavar="PATH|movielens-100k", default=datasets.MOVIELENS_100K,
              show_default=True, help="Ratings for executions with the input {}.")  # fmt: skip
@quiet_option
@assembly_option
def serve(
    port: int, console_port: int | None, data: str, quiet: bool, assembly: str | None
) -> None:
    """Keep an embedded AWS with the deployed stack running until Ctrl-C.

    The AWS CLI, boto3, the CDK CLI and `recommender start` work against it, and the web console
    shows it. Ctrl-C is its ordinary end, with exit code 0.
    """
    if console_port is None:
        console_port = port + 1 if 0 < port < _LAST_PORT else 0
    with interruptible():
        view = choose_view(quiet=quiet)
        try:
            from console.embedded_stack import embedded_stack
            from console.ratings_upload import DEFAULT_NAME, upload_ratings
            from console.run_input import check_input
            from console.web.serving import web_console

            files = load_ratings(data, check_input({}), view)
            with embedded_stack(
                view, port=port, assembly=Path(assembly) if assembly else None
            ) as place:
                upload_ratings(
                    place.access.client("s3"), place.data_bucket, files, name=DEFAULT_NAME
                )
                with web_console(
                    place, DEFAULT_STACK, port=console_port, option="--console-port"
                ) as address:
                    view.close()
                    click.echo(instructions(place, address))
                    threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("stopped; nothing is left running", err=True)
        finally:
            view.close()


def instructions(place: DeployedStack, console_address: str) -> str:
    """Say how to use what is served, ready to be pasted into a shell.

    Parameters
    ----------
    place : DeployedStack
    console_address : str
        Of the web console.
    """
    from console.aws_access import DUMMY_KEY

    endpoint_url, region = place.access.endpoint_url, place.access.region
    return f"""\
Web console    {console_address}
Embedded AWS   {endpoint_url}
Data bucket    {place.data_bucket}
State machine  {place.state_machine_arn}

In another shell:

  export AWS_ACCESS_KEY_ID={DUMMY_KEY} AWS_SECRET_ACCESS_KEY={DUMMY_KEY} AWS_DEFAULT_REGION={region}
  export AWS_ENDPOINT_URL={endpoint_url}
  aws stepfunctions start-execution --endpoint-url {endpoint_url} \\
    --state-machine-arn {place.state_machine_arn} --input '{{}}'
  recommender start --watch

Ctrl-C stops it; everything in it is then forgotten."""
