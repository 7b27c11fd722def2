"""What a state waits for ends when its execution is stopped or out of time.

AWS ends a stopped execution at once, whatever its state waits for. In moto, a task is waited for
until it ends, the pause before a retry and a callback's task token even longer, and a task that was
given up goes on writing events into the history.
"""

from __future__ import annotations

import copy
import datetime
import threading
from dataclasses import dataclass, field
from typing import Any

from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import (
    MaxAttemptsOutcome,
)
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_outcome import RetrierOutcome
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeTimedOut

from embedded_aws.step_functions import history, waiting


@dataclass
class _Work:
    """What a state's task does in its own thread."""

    ended: threading.Event = field(default_factory=threading.Event)
    outputs: list[Any] = field(default_factory=list)
    error: Exception | None = None

    def run(self, state: ExecutionState, frame: Any) -> None:
        try:
            state._eval_execution(frame)
            self.outputs.extend(frame.stack)
        except Exception as error:
            self.error = error
        self.ended.set()


def evaluate_with_timeout(state: Any, env: Any) -> None:
    """Evaluate a state's work within its time, and give it up when the execution ends before.

    Parameters
    ----------
    state : moto.stepfunctions.parser.asl.component.state.exec.execute_state.ExecutionState
        A Task, Parallel or Map state.
    env : moto.stepfunctions.parser.asl.eval.environment.Environment
        Where the state is evaluated.

    Raises
    ------
    EvalTimeoutError
        If the state's time has passed.
    Exception
        What the work failed with.
    """
    state.timeout.eval(env=env)
    seconds = env.stack.pop()
    frame = env.open_frame()
    frame.states.reset(input_value=env.states.get_input())
    frame.stack = copy.deepcopy(env.stack)
    work = _Work()
    threading.Thread(target=work.run, args=(state, frame), daemon=True).start()
    waiting.wait_while_running(env, seconds, work.ended)
    succeeded = env.is_running() and work.ended.is_set() and work.error is None
    if not succeeded:
        history.close(frame)
        frame.set_stop(stop_date=datetime.datetime.now(datetime.UTC), cause=None, error=None)
    env.close_frame(frame)
    if not env.is_running():
        return
    if work.error is not None:
        raise work.error
    if not succeeded:
        raise EvalTimeoutError
    frame.set_ended()
    _take_output(state, env, work.outputs.pop())


def _take_output(state: Any, env: Any, output: Any) -> None:
    env.stack.append(output)
    if not state._is_language_query_jsonpath():
        env.states.set_result(output)
    if state.assign_decl:
        state.assign_decl.eval(env=env)
    if state.result_selector:
        state.result_selector.eval(env=env)
    if state.result_path:
        state.result_path.eval(env)
    else:
        env.states.reset(input_value=env.stack.pop())


def retry(retrier: Any, env: Any) -> None:
    """Decide whether a retrier allows another attempt, and pause before it."""
    retrier.error_equals.eval(env)
    if not env.stack.pop():
        env.stack.append(RetrierOutcome.Skipped)
        return
    retrier.max_attempts.eval(env=env)
    if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
        env.stack.append(RetrierOutcome.Failed)
        return
    for part in ("interval_seconds", "backoff_rate", "max_delay_seconds", "jitter_strategy"):
        getattr(retrier, part).eval(env=env)
    waiting.pause(env, env.stack.pop())
    env.stack.append(RetrierOutcome.Executed)


def apply() -> None:
    """Replace everything that waits."""

    def wait_interval(self: WaitFunction, env: Any, wait_seconds: float) -> None:  # noqa: ARG001
        waiting.pause(env, wait_seconds)

    def wait_for_task_token(
        self: StateTaskServiceCallback,
        env: Any,
        timeout_seconds: float,
        callback_endpoint: Any,
        heartbeat_endpoint: Any,
    ) -> Any:
        if heartbeat_endpoint is not None:
            outcome = self._wait_for_task_token_heartbeat(
                env, callback_endpoint, heartbeat_endpoint
            )
        else:
            waiting.wait_while_running(env, timeout_seconds, callback_endpoint._notify_event)
            outcome = callback_endpoint.get_outcome()
        return outcome or CallbackOutcomeTimedOut(callback_id=callback_endpoint.callback_id)

    ExecutionState._evaluate_with_timeout = evaluate_with_timeout
    RetrierDecl._eval_body = retry
    WaitFunction._wait_interval = wait_interval
    StateTaskServiceCallback._eval_wait_for_task_token = wait_for_task_token
