"""How the command ends, for scripts that call it."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of every command."""

    SUCCEEDED = 0
    RUN_FAILED = 1
    BAD_INPUT = 2
    DATA_UNAVAILABLE = 3
    ENVIRONMENT = 4
    INTERRUPTED = 130  # 128 + SIGINT, as shells report it


MEANINGS = {
    ExitCode.SUCCEEDED: "the run succeeded (also when the quality gate rejects its model)",
    ExitCode.RUN_FAILED: "the run failed, was stopped or timed out",
    ExitCode.BAD_INPUT: "wrong usage, or bad input: an option, the execution input, the ratings",
    ExitCode.DATA_UNAVAILABLE: "the data set cannot be had: no network and nothing in the cache",
    ExitCode.ENVIRONMENT: "the environment is not fit: port, Node, credentials, package versions",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C or SIGTERM); nothing is left behind",
}


def help_text() -> str:
    """Return the table of exit codes for ``--help``, marked so that click does not wrap it."""
    lines = [f"  {code.value:<4} {meaning}" for code, meaning in MEANINGS.items()]
    return "\b\nExit codes:\n" + "\n".join(lines)
