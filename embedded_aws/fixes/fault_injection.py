"""Faults happen where a service, a job or a function would fail.

Applied only while faults are injected, and taken back afterwards: an embedded AWS without them has
none of this in its way.

* A task state's attempt begins in ``_evaluate_with_timeout``, and its time limit is read there.
* Its call is made after ``_before_eval_execution``, in the same thread, through botocore.
* Jobs begin in ``_attempt`` or ``_run`` and run their container in the same thread; so do Glue's
  job runs, in ``_work``, with their process.
* Functions are invoked in a thread of the server, which knows the attempt by a header.
* Waits are shortened after jitter and MaxDelaySeconds.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from botocore.endpoint import Endpoint
from moto.awslambda.models import LambdaFunction
from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import (
    JitterStrategyDecl,
)
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import Timeout
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)

from embedded_aws.faults.injection import FAULT_HEADER, TIME_LIMIT_SECONDS, Injection
from embedded_aws.glue import job_run
from embedded_aws.glue.job_run import JobRun
from embedded_aws.sagemaker import training_job, transform_job
from embedded_aws.sagemaker.training_job import TrainingJob
from embedded_aws.sagemaker.transform_job import TransformJob
from embedded_aws.sagemaker.tuning_job import TuningJob

_Method = Callable[..., Any]


@contextlib.contextmanager
def installed(injection: Injection) -> Iterator[None]:
    """Let an injection take part in every call, job, invocation and wait.

    Parameters
    ----------
    injection : Injection
    """
    with contextlib.ExitStack() as stack:

        def replace(owner: Any, name: str, make: Callable[[_Method], _Method]) -> None:
            stack.enter_context(_replaced(owner, name, make))

        _in_task_states(injection, replace)
        _in_calls(injection, replace)
        _in_jobs(injection, replace)
        _in_functions(injection, replace)
        _in_waits(injection, replace)
        yield


_Replace = Callable[[Any, str, Callable[[_Method], _Method]], None]


@contextlib.contextmanager
def _replaced(owner: Any, name: str, make: Callable[[_Method], _Method]) -> Iterator[None]:
    inherited = name not in vars(owner)
    original = getattr(owner, name)
    setattr(owner, name, make(original))
    try:
        yield
    finally:
        if inherited:
            delattr(owner, name)
        else:
            setattr(owner, name, original)


def _where(env: Any) -> tuple[str, str]:
    """ARN of the execution and name of the state that an environment belongs to."""
    context = env.states.context_object.context_object_data
    return context["Execution"]["Id"], context["State"]["Name"]


def _in_task_states(injection: Injection, replace: _Replace) -> None:
    evaluating = threading.local()

    def attempted(evaluate: _Method) -> _Method:
        def evaluate_attempt(self: StateTaskService, env: Any) -> None:
            attempt = injection.begin(*_where(env))
            evaluating.times_out = attempt.times_out
            try:
                evaluate(self, env)
            finally:
                evaluating.times_out = False
                attempt.over.set()

        return evaluate_attempt

    def limited(evaluate: _Method) -> _Method:
        def evaluate_limit(self: Timeout, env: Any) -> None:
            evaluate(self, env)
            if getattr(evaluating, "times_out", False):
                env.stack[-1] = TIME_LIMIT_SECONDS

        return evaluate_limit

    def prepared(before: _Method) -> _Method:
        def before_call(self: StateTaskService, **arguments: Any) -> None:
            before(self, **arguments)
            injection.before_call(
                *_where(arguments["env"]),
                self.resource,
                arguments["resource_runtime_part"].region,
                arguments["raw_parameters"],
            )

        return before_call

    replace(StateTaskService, "_evaluate_with_timeout", attempted)
    replace(Timeout, "_eval_body", limited)
    replace(StateTaskService, "_before_eval_execution", prepared)


def _in_calls(injection: Injection, replace: _Replace) -> None:
    def answered(get_response: _Method) -> _Method:
        def answer(self: Endpoint, request: Any, operation_model: Any, context: Any) -> Any:
            found = injection.answer(self, request, operation_model)
            return found or get_response(self, request, operation_model, context)

        return answer

    replace(Endpoint, "_get_response", answered)


def _in_jobs(injection: Injection, replace: _Replace) -> None:
    def begun(run: _Method) -> _Method:
        def begin(self: Any, *args: Any) -> None:
            injection.jobs.begin(self)
            run(self, *args)

        return begin

    def faulty(run_container: _Method) -> _Method:
        def run(module: str, arguments: Any, **more: Any) -> int:
            return injection.jobs.run_container(run_container, module, arguments, **more)

        return run

    def begun_run(work: _Method) -> _Method:
        def begin(self: JobRun, deadline: float) -> None:
            injection.job_runs.begin(self)
            work(self, deadline)

        return begin

    def faulty_run(run_to_end: _Method) -> _Method:
        def run(command: Any, **more: Any) -> int:
            return injection.job_runs.run_to_end(run_to_end, command, **more)

        return run

    # After the start of the time that a training is billed for, which its end needs.
    replace(TrainingJob, "_attempt", begun)
    replace(TransformJob, "_run", begun)
    replace(TuningJob, "_run", begun)
    replace(JobRun, "_work", begun_run)
    replace(job_run, "run_to_end", faulty_run)
    for module in (training_job, transform_job):
        replace(module, "run_container", faulty)


def _in_functions(injection: Injection, replace: _Replace) -> None:
    invoking = threading.local()

    def noticed(invoke: _Method) -> _Method:
        def notice(
            self: LambdaFunction, body: Any, request_headers: Any, response_headers: Any
        ) -> Any:
            invoking.token = request_headers.get(FAULT_HEADER)
            return invoke(self, body, request_headers, response_headers)

        return notice

    def exchanged(invoke: _Method) -> _Method:
        def exchange(self: LambdaFunction, event: Any = None) -> Any:
            token, invoking.token = getattr(invoking, "token", None), None
            return invoke(injection.function(token, self), event)

        return exchange

    replace(LambdaFunction, "invoke", noticed)
    replace(LambdaFunction, "_invoke_lambda", exchanged)


def _in_waits(injection: Injection, replace: _Replace) -> None:
    retrying = threading.local()

    def told(handle: _Method) -> _Method:
        def handle_retry(self: ExecutionState, env: Any, failure_event: Any) -> Any:
            retrying.error = failure_event.error_name.error_name
            return handle(self, env, failure_event)

        return handle_retry

    def shortened(evaluate: _Method) -> _Method:
        def evaluate_interval(self: JitterStrategyDecl, env: Any) -> None:
            longest = env.stack[-1]
            evaluate(self, env)
            seconds = env.stack.pop()
            env.stack.append(injection.shorten(*_where(env), retrying.error, seconds, longest))

        return evaluate_interval

    def waited(wait_interval: _Method) -> _Method:
        def wait(self: WaitFunction, env: Any, wait_seconds: float) -> None:
            here = injection.shorten(*_where(env), None, wait_seconds, wait_seconds)
            wait_interval(self, env, here)

        return wait

    replace(ExecutionState, "_handle_retry", told)
    replace(JitterStrategyDecl, "_eval_body", shortened)
    replace(WaitFunction, "_wait_interval", waited)
