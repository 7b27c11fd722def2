"""``recommender doctor``: what would make a deployment or a run fail, before it does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.aws_options import AwsOptions
from console.commands.options import (
    ENDPOINT_NOTE,
    aws_options,
    input_option,
    json_option,
    mode_option,
)
from console.exit_codes import ExitCode, help_text
from console.interruption import interruptible
from console.printable import printable
from console.terminal_text import width_of, wrapped

if TYPE_CHECKING:
    from console.doctor.finding import Finding

EXAMPLES = """
\b
Examples:
  recommender doctor
  recommender doctor --input @input.json --mode tune
  recommender doctor --profile production --assembly cdk.out
  recommender doctor --json

Ends with 0 if there is no problem, also if something is to be warned of or could not be seen, and
with 4 if there is one.
"""
_COLORS = {"ok": "green", "warning": "yellow", "problem": "red", "skipped": "cyan"}
_STATUS_WIDTH = 8


@click.command(epilog=f"{ENDPOINT_NOTE}\n{EXAMPLES}\n{help_text()}")
@click.option("--stack", "stack_name",
              help="CloudFormation stack of the pipeline.  [default: the code's]")  # fmt: skip
@mode_option
@input_option
@click.option(
    "--assembly",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Compare with this synthesized assembly instead of synthesizing app.py.",
)
@aws_options
@json_option
def doctor(
    stack_name: str | None,
    mode: str | None,
    input_text: str | None,
    assembly: Path | None,
    aws: AwsOptions,
    as_json: bool,
) -> None:
    """Check machine, account, stack and input from outside.

    Changes nothing and starts nothing. Credentials, region and endpoint are taken as the AWS CLI
    takes them. What may not be asked is skipped, and says which permission is missing.
    """
    from console.doctor.checkup import examine
    from console.run_input import complete_input, parse_input

    findings = []
    with interruptible():
        for finding in examine(
            lambda: complete_input(parse_input(input_text), mode=mode),
            stack_name=stack_name,
            aws=aws,
            assembly_folder=assembly,
        ):
            findings.append(finding)
            if not as_json:
                _show(finding)
    n_problems = sum(finding.status == "problem" for finding in findings)
    if as_json:
        click.echo(json.dumps(as_document(findings)))
    else:
        click.echo(f"\n{n_problems} problems" if n_problems != 1 else "\n1 problem")
    if n_problems:
        click.get_current_context().exit(ExitCode.ENVIRONMENT)


def as_document(findings: Sequence[Finding]) -> dict[str, object]:
    """Return what ``--json`` prints."""
    is_fit = all(finding.status != "problem" for finding in findings)
    return {
        "status": "SUCCEEDED" if is_fit else "FAILED",
        "checks": [finding.as_document() for finding in findings],
    }


def _show(finding: Finding) -> None:
    advice = f" -> {finding.advice}" if finding.advice else ""
    said = printable(f"{finding.check}: {finding.found}{advice}")
    status = finding.status.value.ljust(_STATUS_WIDTH)
    indent = " " * (_STATUS_WIDTH + 1)
    first, *others = wrapped(f"{status} {said}", width_of(), indent=indent)
    styled = click.style(status, _COLORS[finding.status])
    for line in (f"{styled}{first.removeprefix(status)}", *others):
        click.echo(line)
