"""What a check found, and how a check asks AWS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

Answer = TypeVar("Answer")

_DENIED = {
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "AuthorizationError",
    "Forbidden",
    "UnauthorizedOperation",
}


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """Something will fail later, or is not as the code says."""
    PROBLEM = "problem"
    """A deployment or a run fails by it."""
    SKIPPED = "skipped"
    """Nobody knows: it could not be seen from here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes
    ----------
    check : str
        Two or three words.
    status : Status
    found : str
        What was seen, or why nothing was.
    advice : str
        What to do; empty if there is nothing to do.
    """

    check: str
    status: Status
    found: str
    advice: str = ""

    def as_document(self) -> dict[str, str]:
        """Return what ``--json`` prints of it."""
        return {
            "check": self.check,
            "status": self.status.value,
            "found": self.found,
            "advice": self.advice,
        }


class NotSeenError(Exception):
    """A question got no answer, so that nothing can be said.

    Parameters
    ----------
    reason : str
    advice : str
    """

    def __init__(self, reason: str, advice: str = ""):
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


def ask(action: str, question: Callable[[], Answer]) -> Answer:
    """Ask AWS something.

    Parameters
    ----------
    action : str
        The permission that it takes, for example ``s3:GetObject``.
    question : callable
        Calls the client.

    Raises
    ------
    NotSeenError
        If the caller may not ask, or nobody answered.
    ClientError
        If the answer is another error.
    """
    try:
        return question()
    except ClientError as error:
        if is_denial(error):
            raise NotSeenError(
                f"not allowed to ask ({action})", f"get the permission {action}, or ask its owner"
            ) from error
        raise
    except BotoCoreError as error:
        raise NotSeenError(f"{action}: {one_line(error)}") from error


def checked(check: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    """Look, and make a skipped check of what cannot be seen.

    Parameters
    ----------
    check : str
        Name of the finding that says so.
    look : callable
    """
    try:
        return look()
    except NotSeenError as error:
        return [Finding(check, Status.SKIPPED, error.reason, error.advice)]
    except ClientError as error:
        return [Finding(check, Status.SKIPPED, one_line(error))]


def is_denial(error: ClientError) -> bool:
    """Whether the caller lacks a permission."""
    return code_of(error) in _DENIED


def code_of(error: ClientError) -> str:
    """Return the error's name, or the HTTP status where the service sends none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def one_line(error: Exception) -> str:
    """Return an error's text without line ends, at most 300 characters."""
    return " ".join(str(error).split())[:300]
