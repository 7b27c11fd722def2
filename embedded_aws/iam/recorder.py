"""Remembers what was decided, for those who want to know which statements a run needs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from embedded_aws.iam.policy_evaluation import AccessRequest, Decision


@dataclass(frozen=True)
class Recorded:
    """One decision.

    Attributes
    ----------
    role_arn : str
        The role that asked, or that a service wanted to assume.
    request : AccessRequest
    decision : Decision
    at : datetime
        When, in UTC.
    """

    role_arn: str
    request: AccessRequest
    decision: Decision
    at: datetime


_recordings: list[list[Recorded]] = []
_lock = threading.Lock()


@contextlib.contextmanager
def recording() -> Iterator[list[Recorded]]:
    """Collect every decision made in the ``with`` block, in all threads."""
    collected: list[Recorded] = []
    with _lock:
        _recordings.append(collected)
    try:
        yield collected
    finally:
        with _lock:
            _recordings[:] = [other for other in _recordings if other is not collected]


def record(role_arn: str, request: AccessRequest, decision: Decision) -> None:
    """Add a decision to what is being collected, if anything is."""
    for collected in _recordings:
        collected.append(Recorded(role_arn, request, decision, datetime.now(UTC)))
