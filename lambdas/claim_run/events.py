"""What ClaimRun is asked, and what it answers: ``$claim`` of the state machine."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field


class ClaimRunRequest(BaseModel, frozen=True):
    """The run, and the execution that it belongs to."""

    run_id: str
    execution_arn: Annotated[str, Field(pattern=r"^arn:[^:]+:states:[^:]*:[^:]*:execution:.+:.+$")]
    allow_concurrent: bool


class ClaimRunResponse(BaseModel, frozen=True):
    """Whether the run may go on."""

    claimed: bool
    running_execution_arn: str | None
    """Who runs instead; None if it was claimed."""
