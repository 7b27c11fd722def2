"""``recommender compare``: executions side by side."""

from __future__ import annotations

import json

import click

from console.aws_options import AwsOptions
from console.commands.options import (
    ENDPOINT_NOTE,
    EXECUTION_NOTE,
    aws_options,
    executions_argument,
    json_option,
    stack_option,
)
from console.errors import BadInputError
from console.exit_codes import help_text
from console.printable import printable


@click.command(
    epilog=f"""{EXECUTION_NOTE}

{ENDPOINT_NOTE}

Comparing succeeds whatever became of the executions. The best metrics are marked, unless the
models were tested on different ratings: then there is a warning instead.

\b
Examples:
  recommender compare accepted latest
  recommender compare train-20261122-063156-9f3a latest --all
  recommender compare $(recommender list --names --limit 4) --json

{help_text()}"""
)
@executions_argument
@click.option("--all", "show_all", is_flag=True,
              help="Also the input and the hyperparameters that are the same.")  # fmt: skip
@stack_option
@json_option
@aws_options
def compare(
    executions: tuple[str, ...], show_all: bool, stack_name: str, as_json: bool, aws: AwsOptions
) -> None:
    """Show two to eight executions side by side: metrics, time, cost, input."""
    from console.compared_runs import read_runs
    from console.comparison import FEWEST, MOST
    from console.comparison import compare as compare_runs
    from console.comparison_table import comparison_lines
    from console.execution_reference import find_execution
    from console.terminal_text import width_of

    if not FEWEST <= len(executions) <= MOST:
        raise BadInputError(
            f"expected {FEWEST} to {MOST} executions, found {len(executions)}; "
            "`recommender list` shows which there are"
        )
    runs, gaps = read_runs([find_execution(one, stack_name, aws) for one in executions])
    comparison = compare_runs(runs, show_all=show_all)
    if as_json:
        click.echo(json.dumps({**comparison.as_document(), "gaps": gaps}))
        return
    for line in comparison_lines(comparison, width_of()):
        click.echo(line)
    for gap in gaps:
        click.echo(printable(f"not shown: {gap}"), err=True)
