"""Executions start without a name, can be stopped at any time, and end all at once.

AWS makes a UUID the name of an execution that is started without one; moto names it "None", so a
second one clashes. AWS shows the error and cause of StopExecution in DescribeExecution; moto loses
them, and cannot stop an execution whose definition it still parses. A stopped execution stays
ABORTED on AWS; moto ends it as TIMED_OUT or FAILED if its time passes or its task fails after the
stop. And moto shows the final status before its output or error is there, so who looks in between
finds a failure without an error.
"""

from __future__ import annotations

import datetime
import threading
import time
import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, ExecutionStatus
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from embedded_aws.step_functions import attempt
from embedded_aws.step_functions.redrive import Redrives

_starting = threading.Lock()
_STOP_SECONDS = 2.0


def stop(execution: Execution, error: str | None, cause: str | None) -> datetime.datetime:
    """Stop a running execution; one that has ended stays as it is.

    What AWS answers to a stop of an ended execution is not documented; here it is when it ended.

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
    execution.stop(stop_date=now, error=error, cause=cause)
    deadline = time.monotonic() + _STOP_SECONDS
    while execution.exec_worker and execution.status == "RUNNING" and time.monotonic() < deadline:
        time.sleep(0.005)
    return execution.stop_date or now


def _set_outcome(execution: Execution) -> None:
    """Set what belongs to the final status, which moto sets next."""
    state = execution.exec_worker.env.program_state()
    execution.stop_date = datetime.datetime.now(datetime.UTC)
    if isinstance(state, ProgramEnded):
        execution.output = execution.exec_worker.env.states.get_input()
    elif isinstance(state, ProgramError):
        execution.error = state.error.get("error")
        execution.cause = state.error.get("cause")
    elif isinstance(state, ProgramStopped):
        execution.error, execution.cause = state.error, state.cause


def apply() -> None:
    """Replace how executions are named, started, stopped and ended."""
    _name_and_start()
    _stop()
    _end()


def _name_and_start() -> None:
    init = Execution.__init__
    start_execution = StepFunctionsParserBackend.start_execution
    executions = StepFunctionsParserBackend._get_executions

    def init_complete(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self.exec_status = ExecutionStatus.RUNNING  # moto lists it before it has a status
        self.redrives = Redrives()

    def start_named_execution(
        self: StepFunctionsParserBackend,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Execution:
        with _starting:  # or two starts with one name would not see each other
            return start_execution(
                self, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header
            )

    def started_executions(
        self: StepFunctionsParserBackend, status: ExecutionStatus | None = None
    ) -> list[Execution]:
        return [execution for execution in executions(self, status) if execution.exec_worker]

    Execution.__init__ = init_complete
    Execution.start = attempt.start
    ExecutionWorker._execution_logic = attempt.run
    Program.eval = attempt.evaluate
    StepFunctionsParserBackend.start_execution = start_named_execution
    StepFunctionsParserBackend._get_executions = started_executions


def _stop() -> None:
    def stop_execution(self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        stopped = stop(execution, self._get_param("error"), self._get_param("cause"))
        return ActionResult({"stopDate": stopped})

    StepFunctionResponse.stop_execution = stop_execution


def _end() -> None:
    reflect_status = BaseExecutionWorkerCommunication._reflect_execution_status
    set_error = Environment.set_error
    set_timed_out = Environment.set_timed_out

    def reflect_outcome_then_status(self: BaseExecutionWorkerCommunication) -> None:
        _set_outcome(self.execution)
        reflect_status(self)

    def set_error_unless_stopped(self: Environment, error: ExecutionFailedEventDetails) -> None:
        with self._state_mutex:
            if not isinstance(self._program_state, ProgramStopped | ProgramTimedOut):
                set_error(self, error)

    def set_timed_out_if_running(self: Environment) -> None:
        with self._state_mutex:
            if self.is_running():
                set_timed_out(self)

    BaseExecutionWorkerCommunication._reflect_execution_status = reflect_outcome_then_status
    Environment.set_error = set_error_unless_stopped
    Environment.set_timed_out = set_timed_out_if_running
