"""``recommender serve``: an embedded AWS with the stack deployed, until Ctrl-C."""

from __future__ import annotations

import threading
from pathlib import Path

import click

from console import datasets
from console.commands.options import assembly_option, quiet_option
from console.commands.run import load_ratings
from console.exit_codes import help_text
from console.interruption import interruptible
from console.view import choose_view

DEFAULT_PORT = 4566
EXAMPLES = """
\b
Examples:
  recommender serve
  recommender serve --port 5005 --data ratings.csv
"""


@click.command(epilog=EXAMPLES + "\n" + help_text())
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True,
              help="Port on 127.0.0.1; 0 takes a free one.")  # fmt: skip
@click.option("--data", metavar="PATH|movielens-100k", default=datasets.MOVIELENS_100K,
              show_default=True, help="Ratings for executions with the input {}.")  # fmt: skip
@quiet_option
@assembly_option
def serve(port: int, data: str, quiet: bool, assembly: str | None) -> None:
    """Keep an embedded AWS with the deployed stack running until Ctrl-C.

    The AWS CLI, boto3, the CDK CLI and `recommender start` work against it. Ctrl-C is its ordinary
    end, with exit code 0.
    """
    with interruptible():
        view = choose_view(quiet=quiet)
        try:
            from console.embedded_stack import embedded_stack
            from console.ratings_upload import DEFAULT_NAME, upload_ratings
            from console.run_input import check_input

            files = load_ratings(data, check_input({}), view)
            with embedded_stack(
                view, port=port, assembly=Path(assembly) if assembly else None
            ) as place:
                upload_ratings(
                    place.access.client("s3"), place.data_bucket, files, name=DEFAULT_NAME
                )
                view.close()
                click.echo(
                    instructions(
                        str(place.access.endpoint_url),
                        place.access.region,
                        place.data_bucket,
                        place.state_machine_arn,
                    )
                )
                threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("stopped; nothing is left running", err=True)
        finally:
            view.close()


def instructions(endpoint_url: str, region: str, data_bucket: str, state_machine_arn: str) -> str:
    """Say how to use what is served, ready to be pasted into a shell."""
    from console.aws_access import DUMMY_KEY

    return f"""\
Embedded AWS   {endpoint_url}
Data bucket    {data_bucket}
State machine  {state_machine_arn}

In another shell:

  export AWS_ACCESS_KEY_ID={DUMMY_KEY} AWS_SECRET_ACCESS_KEY={DUMMY_KEY} AWS_DEFAULT_REGION={region}
  export AWS_ENDPOINT_URL={endpoint_url}
  aws stepfunctions start-execution --endpoint-url {endpoint_url} \\
    --state-machine-arn {state_machine_arn} --input '{{}}'
  recommender start --watch

Ctrl-C stops it; everything in it is then forgotten."""
