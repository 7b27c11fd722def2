"""One attempt of an execution: its start, or one of its redrives, until it ends."""

from __future__ import annotations

import threading
from typing import Any

from moto.stepfunctions.parser.api import (
    ExecutionRedrivenEventDetails,
    ExecutionStartedEventDetails,
    ExecutionStatus,
    HistoryEventExecutionDataDetails,
    HistoryEventType,
)
from moto.stepfunctions.parser.asl.component.state.fail.state_fail import StateFail
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from embedded_aws.step_functions import history
from embedded_aws.step_functions.progress import Progress


def start(execution: Any) -> None:
    """Start an execution, or go on with one that is redriven.

    The environment is there before this returns, so an execution can be stopped at once.

    Parameters
    ----------
    execution : moto.stepfunctions.parser.backend.execution.Execution
        One that does not run.
    """
    earlier = execution.exec_worker
    worker = execution._get_start_execution_worker()
    env = worker.env = worker._get_evaluation_environment()
    env.next_state_name = ""  # to moto, an environment runs once it has a next state
    env.enclosing = None
    if earlier is None:
        env.progress = Progress()
        _tell_start(worker, env)
    else:
        env.progress = earlier.env.progress.continuation()
        history.continue_history(env.event_manager, earlier.env.event_manager)
        _tell_redrive(execution, env)
    execution.exec_worker = worker
    execution.exec_status = ExecutionStatus.RUNNING
    worker.start()


def _tell_start(worker: Any, env: Any) -> None:
    details = worker._evaluation_details
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.ExecutionStarted,
        event_details=EventDetails(
            executionStartedEventDetails=ExecutionStartedEventDetails(
                input=to_json_str(details.execution_details.inpt),
                inputDetails=HistoryEventExecutionDataDetails(truncated=False),
                roleArn=details.aws_execution_details.role_arn,
            )
        ),
        update_source_event_id=False,
    )


def _tell_redrive(execution: Any, env: Any) -> None:
    """Write ExecutionRedriven after the last event; what it follows is not documented."""
    record = execution.redrives
    env.states.context_object.context_object_data["Execution"].update(
        RedriveCount=record.count,
        RedriveTime=record.date.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
    if env.event_manager._cloud_watch_logging_session is not None:
        env.event_manager._cloud_watch_logging_session.redrive_count = record.count
    env.event_history_context.source_event_id = len(env.event_manager._history_event_list)
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.ExecutionRedriven,
        event_details=EventDetails(
            executionRedrivenEventDetails=ExecutionRedrivenEventDetails(redriveCount=record.count)
        ),
    )


def run(worker: Any) -> None:
    """Evaluate the definition to its end, and tell the execution."""
    program = worker._get_evaluation_entrypoint()
    program.eval(worker.env)
    worker._execution_communication.terminated()


def evaluate(program: Any, env: Any) -> None:
    """Evaluate a state machine, a branch or an iteration.

    Parameters
    ----------
    program : moto.stepfunctions.parser.asl.component.program.program.Program
        What to evaluate; its ``TimeoutSeconds`` counts from now, also after a redrive.
    env : moto.stepfunctions.parser.asl.eval.environment.Environment
        The execution's environment, or a frame of it.
    """
    try:
        _enter(program, env)
    except RuntimeError:
        if env.is_running():  # moto refuses a next state once the execution was stopped
            raise
    if env.is_frame():
        if env.is_running():
            program._eval_body(env)
        if env.progress is not None and isinstance(env.program_state(), ProgramEnded):
            env.progress.ended, env.progress.output = True, env.states.get_input()
        return
    worker = threading.Thread(target=program._eval_body, args=(env,), daemon=True)
    worker.start()
    worker.join(program.timeout_seconds.timeout_seconds if program.timeout_seconds else None)
    if worker.is_alive():
        env.set_timed_out()
        worker.join()  # whatever it waits for ends with the environment
    env.event_manager.closed = True


def _enter(program: Any, env: Any) -> None:
    progress: Progress | None = env.progress
    if progress is None or progress.state is None:
        env.next_state_name = program.start_at.start_at_name
        return
    progress.restore(env)
    # A redrive schedules the state's work again without entering it again; only a Fail state is
    # entered anew ("Redrive behavior of individual states").
    env.event_history_context.entry_is_recorded = progress.resumed and not isinstance(
        program.states.states[progress.state], StateFail
    )
