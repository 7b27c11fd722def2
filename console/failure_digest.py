"""Why a run did not succeed, in the words that its message and its cause use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_STOPPED = "Start a new execution, or redrive this one, which goes on at this step."
_LOOK = "Look at the execution's history for what happened."


@dataclass(frozen=True, slots=True)
class FailureDigest:
    """What a person wants to know.

    Attributes
    ----------
    step : str or None
        Name of the state that is to blame.
    error : str or None
        Name of the error.
    cause : str
        Why, in one line.
    what_to_do : str
    links : tuple of str
        ``Job: https://…`` and the like.
    """

    step: str | None
    error: str | None
    cause: str
    what_to_do: str
    links: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """Return it for a JSON document."""
        return {**asdict(self), "links": list(self.links)}


def digest_of(
    *,
    told: Any,
    status: str,
    step: str | None,
    error: str | None,
    cause: str | None,
    with_links: bool,
) -> FailureDigest:
    """Take what the state machine made of the failure, or make something of what there is.

    Parameters
    ----------
    told : object
        The state machine's variable ``failure``, if it got so far.
    status : str
        Of the execution.
    step : str or None
        The state that is to blame, if the state machine does not say so itself.
    error, cause : str or None
        Of the execution.
    with_links : bool
        Whether the AWS console's pages show this execution.
    """
    if isinstance(told, Mapping) and "reason" in told and told.get("error") == error:
        links = str(told.get("links", "")).splitlines() if with_links else []
        return FailureDigest(
            step=told["step"],
            error=error,
            cause=_one_line(told["reason"]),
            what_to_do=_one_line(told.get("advice", _LOOK)),
            links=tuple(links),
        )
    return FailureDigest(
        step=step,
        error=error,
        cause=_one_line(_reason(cause)),
        what_to_do=_STOPPED if status in ("ABORTED", "TIMED_OUT") else _LOOK,
    )


def _reason(cause: str | None) -> str:
    """Find the reason in the JSON text of a function's error or of a job."""
    try:
        details = json.loads(cause or "")
    except ValueError:
        return cause or "no cause was given"
    if isinstance(details, Mapping):
        for name in ("errorMessage", "FailureReason", "ErrorMessage"):
            if name in details:
                return str(details[name])
    return str(cause)


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
