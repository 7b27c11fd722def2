"""How every command ends: one line on standard error and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from console.errors import BadInputError, ConsoleError, RunInterruptedError
from console.exit_codes import ExitCode
from console.printable import printable
from console.terminal_text import width_of, wrapped
from recommender.errors import RecommenderError


class CommandGroup(click.Group):
    """A click group that reports errors its own way."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and exit with its code.

        Parameters
        ----------
        args : sequence of str or None
            The command line; ``None`` takes the process's.
        prog_name, complete_var, standalone_mode, extra
            As in click.
        """
        arguments = list(sys.argv[1:] if args is None else args)
        if os.environ.get("NO_COLOR"):  # https://no-color.org
            extra.setdefault("color", False)
        try:
            exit_code = super().main(
                arguments, prog_name, complete_var, standalone_mode=False, **extra
            )
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            exit_code = ExitCode.BAD_INPUT
        except click.ClickException as error:
            exit_code = _report(BadInputError(_with_help(error)), arguments)
        except (click.Abort, KeyboardInterrupt):
            exit_code = _report(RunInterruptedError("interrupted"), arguments)
        except ConsoleError as error:
            exit_code = _report(error, arguments)
        except RecommenderError as error:
            exit_code = _report(BadInputError(str(error), error=type(error).__name__), arguments)
        if not standalone_mode:
            return exit_code
        sys.exit(exit_code or ExitCode.SUCCEEDED)


def _with_help(error: click.ClickException) -> str:
    """Say what is wrong with a command line, and where it is said how it should be."""
    message = error.format_message()
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return message
    return f"{message} See `{error.ctx.command_path} --help`."


def _report(error: ConsoleError, arguments: Sequence[str]) -> int:
    width = width_of(sys.stderr)
    for number, line in enumerate(error.lines):
        for text in wrapped(f"{'' if number else 'error: '}{printable(line)}", width):
            click.echo(text, err=True)
    if "--json" in arguments:
        click.echo(json.dumps(error.as_document()))
    return error.exit_code
