"""A change set: a revision of a stack that waits to be executed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from embedded_aws.cloudformation.stack import Revision, Stack, now

WITHOUT_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


@dataclass
class ChangeSet:
    """A change set of one stack.

    Attributes
    ----------
    kind : {"CREATE", "UPDATE"}
        ``ChangeSetType``.
    changes : list of dict
        In the API's form, ``ResourceChange``.
    """

    change_set_id: str
    name: str
    kind: str
    stack: Stack
    revision: Revision
    changes: list[dict[str, Any]]
    status: str = "CREATE_COMPLETE"
    execution_status: str = "AVAILABLE"
    reason: str | None = None
    description: str | None = None
    role_arn: str | None = None
    capabilities: list[str] = field(default_factory=list)
    on_failure: str | None = None
    created: datetime.datetime = field(default_factory=now)

    def refuse(self, reason: str) -> None:
        """Mark it as one that cannot be executed."""
        self.status, self.execution_status, self.reason = "FAILED", "UNAVAILABLE", reason
