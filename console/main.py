"""The command ``recommender``."""

from __future__ import annotations

import click

from console.command_group import CommandGroup
from console.commands.console import console
from console.commands.doctor import doctor
from console.commands.executions import list_command, redrive, show, stop
from console.commands.logs import logs
from console.commands.remote import report, start, watch
from console.commands.run import run
from console.commands.schedule import schedule
from console.commands.serve import serve
from console.exit_codes import help_text

EXAMPLES = """
\b
Examples:
  recommender run                    the whole pipeline on this machine, on real ratings
  recommender run --mode tune        the same, searching hyperparameters
  recommender serve                  an embedded AWS to play with
  recommender console                executions in the browser
  recommender start --watch          start a deployed pipeline, here or in your account
  recommender list                   its executions, and what became of them
  recommender logs latest --follow   what they log, as it comes
  recommender schedule list          when it starts by itself
  recommender doctor                 what would make a deployment or a run fail
"""


@click.group(
    cls=CommandGroup,
    epilog=EXAMPLES + "\n" + help_text(),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="video-recommender-workflow", prog_name="recommender")
def main() -> None:
    """Train, evaluate and look into a video recommender on Step Functions and SageMaker."""


for command in (
    run, serve, console, start, watch, list_command, show, logs, report, stop, redrive, schedule,
    doctor,
):  # fmt: skip
    main.add_command(command)
