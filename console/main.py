"""The command ``recommender``."""

from __future__ import annotations

import click

from console.command_group import CommandGroup
from console.commands.compare import compare
from console.commands.console import console
from console.commands.data import data
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
  recommender run                     the whole pipeline here, on real ratings
  recommender run --mode tune         the same, searching hyperparameters
  recommender serve                   an embedded AWS to play with
  recommender console                 executions in the browser
  recommender start --watch           start a deployed pipeline, watch it
  recommender list                    its executions, what became of them
  recommender compare accepted latest which is better, and what differs
  recommender logs latest --follow    what they log, as it comes
  recommender data check ratings.csv  what a run would make of ratings
  recommender schedule list           when it starts by itself
  recommender doctor                  what a deployment or a run would fail of

\b
Completion of commands and options, for this shell and, in its start-up file,
for all that follow:
  eval "$(_RECOMMENDER_COMPLETE=bash_source recommender)"     ~/.bashrc
  eval "$(_RECOMMENDER_COMPLETE=zsh_source recommender)"      ~/.zshrc
  _RECOMMENDER_COMPLETE=fish_source recommender | source      config.fish
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
    run, serve, console, start, watch, list_command, show, compare, logs, report, stop, redrive,
    schedule, data, doctor,
):  # fmt: skip
    main.add_command(command)
