"""At most one execution runs: how it is decided which."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lambdas.claim_run.events import ClaimRunRequest, ClaimRunResponse
from lambdas.claim_run.executions import Executions
from lambdas.claim_run.run_lock import Holder, RunLock
from recommender.errors import RunLockError

# Everybody knows of an execution after this time: DescribeExecution says no figure.
EXECUTION_APPEARS_WITHIN = timedelta(minutes=1)
# A try fails only if somebody else's succeeds, or while S3 is busy with somebody else's.
MAX_TRIES = 20
_LONGEST_WAIT_SECONDS = 0.2


def claim(
    request: ClaimRunRequest,
    lock: RunLock,
    executions: Executions,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ClaimRunResponse:
    """Become the one execution that runs, unless another one does.

    Claiming twice is the same as claiming once, so a retry or a redrive goes on. A run that may
    run beside others is outside of all this: it does not look at the lock, and does not take it
    either, so that it does not keep a later run from running. Runs share nothing but the account's
    quotas and the model in use, which the run that is accepted last replaces.

    Parameters
    ----------
    request : ClaimRunRequest
    lock : RunLock
    executions : Executions
    now : callable
        Gives the time, UTC.

    Raises
    ------
    RunLockError
        If others change the lock again and again while this looks at it.
    CorruptArtifactError
        If the lock names no execution.
    """
    if request.allow_concurrent:
        return _CLAIMED
    mine = Holder(execution_arn=request.execution_arn, run_id=request.run_id, claimed_at=now())
    for _ in range(MAX_TRIES):
        # Writing first, an object that is missing is never read: S3 refuses that to those who may
        # not list the bucket.
        if lock.take(mine, after=None):
            return _CLAIMED
        held = lock.read()
        if held and held.by.execution_arn == request.execution_arn:
            return _CLAIMED
        if held and _holds(held.by, request, executions, now()):
            return ClaimRunResponse(claimed=False, running_execution_arn=held.by.execution_arn)
        if held and lock.take(mine, after=held):
            return _CLAIMED
        time.sleep(random.uniform(0, _LONGEST_WAIT_SECONDS))  # noqa: S311 - not a secret
    raise RunLockError(
        f"{lock.uri}: expected to read it and to write it before others do, but it changed "
        f"{MAX_TRIES} times in a row; start the execution again"
    )


_CLAIMED = ClaimRunResponse(claimed=True, running_execution_arn=None)


def _holds(holder: Holder, request: ClaimRunRequest, executions: Executions, now: datetime) -> bool:
    """Whether the holder still runs.

    An execution of another state machine is one of an earlier deployment, gone with it: its state
    may not be asked, and no other deployment shares the data bucket.
    """
    if _machine(holder.execution_arn) != _machine(request.execution_arn):
        return False
    state = executions.state(holder.execution_arn)
    if state == "unknown":
        return now - holder.claimed_at < EXECUTION_APPEARS_WITHIN
    return state == "running"


def _machine(execution_arn: str) -> str:
    return execution_arn.rpartition(":")[0]
