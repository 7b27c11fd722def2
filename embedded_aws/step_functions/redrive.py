"""RedriveExecution: which executions may be redriven, and what becomes of one that is.

Sources: Step Functions developer guide, "Restarting state machine executions with redrive"; API
reference, RedriveExecution and DescribeExecution (redriveStatusReason has the reasons' wording).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import ServiceException

from embedded_aws.sagemaker.errors import ValidationException
from embedded_aws.step_functions import limits
from embedded_aws.step_functions.progress import Progress
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

_REDRIVABLE_PERIOD = datetime.timedelta(days=14)
_LONGEST_EXECUTION = datetime.timedelta(days=365)
_TOKEN_LIFETIME = datetime.timedelta(minutes=15)
_KEPT_TOKENS = 10


class ExecutionNotRedrivable(ServiceException):
    """The execution cannot be redriven."""

    code = "ExecutionNotRedrivable"


@dataclass
class Redrives:
    """What an execution knows of its redrives.

    Attributes
    ----------
    count : int
        How often it was redriven.
    date : datetime.datetime or None
        When it was redriven last.
    tokens : dict of str to datetime.datetime
        The client tokens of the last redrives, and when each was used.
    """

    count: int = 0
    date: datetime.datetime | None = None
    tokens: dict[str, datetime.datetime] = field(default_factory=dict)


def reason_against(execution: Any, now: datetime.datetime) -> str | None:
    """Say why an execution cannot be redriven.

    Parameters
    ----------
    execution : moto.stepfunctions.parser.backend.execution.Execution
        Of a Standard state machine.
    now : datetime.datetime
        The current time.

    Returns
    -------
    str or None
        AWS's own words, or None if it can be redriven.
    """
    if execution.status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {execution.status} and cannot be redriven."
    events = len(execution.exec_worker.env.event_manager._history_event_list)
    if events >= limits.MAX_HISTORY_EVENTS - 1:
        return "Execution history event limit exceeded."
    if now - execution.start_date > _LONGEST_EXECUTION:
        return "Execution has exceeded the max execution time."
    if now - execution.stop_date > _REDRIVABLE_PERIOD:
        return "Execution redrivable period exceeded."
    return None


def redrive(execution: Any, client_token: str | None = None) -> datetime.datetime:
    """Continue an unsuccessful execution from its unsuccessful state.

    Branches of a Parallel state and iterations of an inline Map state that succeeded are not run
    again.

    Parameters
    ----------
    execution : moto.stepfunctions.parser.backend.execution.Execution
        The execution.
    client_token : str, optional
        A token of one of the last redrives answers what that one answered.

    Returns
    -------
    datetime.datetime
        When it was redriven.

    Raises
    ------
    ExecutionNotRedrivable
        For a reason that AWS documents.
    ValidationException
        For an Express execution; AWS does not document which error it answers.
    UnsupportedInEmbeddedAws
        If the execution ended in a Distributed Map state: its Map Run cannot be redriven here.
    """
    now = datetime.datetime.now(datetime.UTC)
    record: Redrives = execution.redrives
    used = record.tokens.get(client_token or "")
    if used is not None and now - used < _TOKEN_LIFETIME:
        return used
    if execution.sm_type == "EXPRESS":
        raise ValidationException("This operation is not supported by EXPRESS state machines")
    reason = reason_against(execution, now)
    if reason is not None:
        raise ExecutionNotRedrivable(reason)
    if _has_map_run(execution.exec_worker.env.progress):
        raise UnsupportedInEmbeddedAws(
            "The embedded AWS cannot redrive an execution that ended in a Distributed Map state"
        )
    record.count, record.date = record.count + 1, now
    if client_token:
        record.tokens[client_token] = now
        for token in list(record.tokens)[:-_KEPT_TOKENS]:
            del record.tokens[token]
    execution.stop_date = execution.output = execution.error = execution.cause = None
    execution.start()
    return now


def _has_map_run(progress: Progress) -> bool:
    return progress.has_map_run or any(map(_has_map_run, progress.children.values()))
