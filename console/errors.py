"""What the commands report instead of a traceback.

    ConsoleError
    ├── BadInputError             the person can mend it: an option, the input, the ratings
    │   └── NotInRunError             the run has no such customer, or no such video
    ├── DataUnavailableError      a data set can be neither fetched nor found in the cache
    ├── EnvironmentProblemError   the machine or the account is not fit
    │   └── RunTooLargeError          what a run left is too large to be held in memory
    ├── RunFailedError            the execution ended otherwise than SUCCEEDED
    └── RunInterruptedError       Ctrl-C or SIGTERM

Each has the exit code of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.exit_codes import ExitCode
from recommender.errors import RecommenderError


class ConsoleError(RecommenderError):
    """Base of everything that ends a command with a message and an exit code.

    Parameters
    ----------
    message : str
        What, where, what to do.
    step : str or None
        The state, or the part of the command, that is to blame.
    error : str or None
        Name of the error; the class's own name by default.
    document : mapping or None
        What ``--json`` prints; by default only the failure.
    """

    exit_code = ExitCode.RUN_FAILED
    status = "FAILED"

    def __init__(
        self,
        message: str,
        *,
        step: str | None = None,
        error: str | None = None,
        document: Mapping[str, Any] | None = None,
    ):
        super().__init__(message)
        self.step = step
        self.error = error or type(self).__name__
        self.document = document

    @property
    def lines(self) -> list[str]:
        """What the command says on standard error."""
        return [" ".join(str(self).split())]

    def as_document(self) -> dict[str, Any]:
        """Return the final JSON object of a command that failed."""
        error = {"step": self.step, "error": self.error, "cause": str(self)}
        empty: dict[str, Any] = {
            "run_id": None,
            "metrics": None,
            "states": [],
            "seconds": None,
            "report": None,
            "error": error,
        }
        return {"status": self.status, **empty, **(self.document or {})}


class BadInputError(ConsoleError):
    """An option, the execution input or the ratings cannot be used."""

    exit_code = ExitCode.BAD_INPUT


class NotInRunError(BadInputError):
    """The run has no such customer, or no such video.

    Parameters
    ----------
    message : str
    near : sequence of str
        Ids that the person may have meant, the best first.
    """

    def __init__(self, message: str, near: Sequence[str] = ()):
        super().__init__(message)
        self.near = tuple(near)


class DataUnavailableError(ConsoleError):
    """A data set can be neither fetched nor found in the cache."""

    exit_code = ExitCode.DATA_UNAVAILABLE


class EnvironmentProblemError(ConsoleError):
    """The machine or the account is not fit for the command."""

    exit_code = ExitCode.ENVIRONMENT


class RunTooLargeError(EnvironmentProblemError):
    """What a run left is too large to be held in memory."""


class RunFailedError(ConsoleError):
    """The execution ended otherwise than SUCCEEDED: why, what to do, and where to look."""

    @property
    def lines(self) -> list[str]:
        """What the command says on standard error."""
        return [" ".join(line.split()) for line in str(self).splitlines()]


class RunInterruptedError(ConsoleError):
    """Somebody pressed Ctrl-C, or sent SIGTERM."""

    exit_code = ExitCode.INTERRUPTED
    status = "ABORTED"
