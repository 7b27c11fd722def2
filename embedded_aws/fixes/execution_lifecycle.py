"""Executions start without a name, stop with their reason, and end all at once.

AWS makes a UUID the name of an execution that is started without one; moto names it "None", so a
second one clashes. AWS shows the error and cause of StopExecution in DescribeExecution; moto loses
them. And moto shows the final status before its output or error is there, so who looks in between
finds a failure without an error.
"""

from __future__ import annotations

import datetime
import uuid

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse


def stop(execution: Execution, error: str | None, cause: str | None) -> datetime.datetime:
    """Stop a running execution; one that has ended stays as it is.

    Parameters
    ----------
    execution : moto.stepfunctions.parser.backend.execution.Execution
        The execution.
    error, cause : str or None
        Shown by DescribeExecution and in the last event of the history.

    Returns
    -------
    datetime.datetime
        When it was stopped.
    """
    now = datetime.datetime.now(datetime.UTC)
    if execution.status == "RUNNING":
        execution.error, execution.cause = error, cause
        execution.stop(stop_date=now, error=error, cause=cause)
    return now


def _set_outcome(execution: Execution) -> None:
    """Set what belongs to the final status, which moto sets next."""
    state = execution.exec_worker.env.program_state()
    execution.stop_date = datetime.datetime.now(datetime.UTC)
    if isinstance(state, ProgramEnded):
        execution.output = execution.exec_worker.env.states.get_input()
    elif isinstance(state, ProgramError):
        execution.error = state.error.get("error")
        execution.cause = state.error.get("cause")


def apply() -> None:
    """Name unnamed executions, remember why one was stopped, end in the right order."""
    reflect_status = BaseExecutionWorkerCommunication._reflect_execution_status

    def reflect_outcome_then_status(self: BaseExecutionWorkerCommunication) -> None:
        _set_outcome(self.execution)
        reflect_status(self)

    BaseExecutionWorkerCommunication._reflect_execution_status = reflect_outcome_then_status
    start_execution = StepFunctionsParserBackend.start_execution

    def start_named_execution(
        self: StepFunctionsParserBackend,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Execution:
        return start_execution(
            self, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header
        )

    def stop_execution(self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        stopped = stop(execution, self._get_param("error"), self._get_param("cause"))
        return ActionResult({"stopDate": stopped})

    StepFunctionsParserBackend.start_execution = start_named_execution
    StepFunctionResponse.stop_execution = stop_execution
