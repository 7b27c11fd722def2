"""Which errors a Retry or a Catch takes.

Source: Step Functions developer guide, "Handling errors in Step Functions workflows", the table of
error names.
"""

from __future__ import annotations

from collections.abc import Collection

from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)

RUNTIME = "States.Runtime"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
TIMEOUT = "States.Timeout"


def matches(error_equals: Collection[str | None], error: str | None) -> bool:
    """Return whether ``ErrorEquals`` takes an error.

    ``States.Runtime`` "aren't retriable, and will always cause the execution to fail", so nothing
    takes it. ``States.ALL`` takes all others but ``States.DataLimitExceeded``;
    ``States.TaskFailed`` takes all but ``States.Timeout``. That ``States.TaskFailed`` leaves
    ``States.DataLimitExceeded`` alone too is not documented: it is called "a terminal error".

    Parameters
    ----------
    error_equals : collection of str
        The names that the Retry or Catch lists.
    error : str or None
        The error's name; a task may fail without one.
    """
    if error == RUNTIME:
        return False
    if error in error_equals:
        return True
    if error == DATA_LIMIT_EXCEEDED:
        return False
    return "States.ALL" in error_equals or (
        "States.TaskFailed" in error_equals and error != TIMEOUT
    )


def error_name(error_name: str | None) -> ErrorName:
    """Return a name that a task, a branch or an iteration failed with, reserved or not.

    Parameters
    ----------
    error_name : str or None
        For example ``States.TaskFailed`` or ``DataQualityError``.
    """
    known = {kind.to_name(): kind for kind in StatesErrorNameType}
    if error_name in known:
        return StatesErrorName(typ=known[error_name])
    return ErrorName(error_name=error_name)
