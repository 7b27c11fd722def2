"""Executions remember how far they came, so that a redrive can go on from there.

AWS redrives only the branches and iterations that did not succeed; moto forgets what a state was
entered with, and which branch or iteration it evaluates.
"""

from __future__ import annotations

import datetime
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (  # noqa: E501
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.inline_iteration_component import (  # noqa: E501
    InlineIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import (  # noqa: E501
    IterationWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branch_worker import (
    BranchWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branches_decl import (
    BranchesDecl,
    BranchWorkerPool,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from embedded_aws.step_functions.error_names import error_name


def apply() -> None:
    """Record entries and exits of states, branches and iterations."""
    _follow_frames()
    _follow_states()
    _follow_iterations()
    BranchesDecl._eval_body = evaluate_branches


def _follow_frames() -> None:
    """A frame has no progress of its own until a branch or an iteration begins in it."""
    for name in ("open_frame", "open_inner_frame"):
        original = getattr(Environment, name)

        def opened(self: Any, *args: Any, original: Any = original, **kwargs: Any) -> Any:
            frame = original(self, *args, **kwargs)
            frame.progress, frame.enclosing = None, self.progress or self.enclosing
            return frame

        setattr(Environment, name, opened)


def _follow_states() -> None:
    state_input = CommonStateField._eval_state_input
    body = CommonStateField._eval_body

    def record_entry(self: CommonStateField, env: Any) -> None:
        if env.progress is not None:
            env.progress.enter(self.name, env)
        state_input(self, env)

    def record_exit(self: CommonStateField, env: Any) -> None:
        body(self, env)
        if env.progress is not None and env.is_running():
            env.progress.leave(env)

    CommonStateField._eval_state_input = record_entry
    CommonStateField._eval_body = record_exit


def _follow_iterations() -> None:
    iterate = InlineIterationComponent._eval_body
    iterate_distributed = DistributedIterationComponent._eval_body
    evaluate_job = IterationWorker._eval_job

    def begin_iterations(self: InlineIterationComponent, env: Any) -> None:
        if env.enclosing is not None:
            env.enclosing.begin_children(len(env.stack[-1].input_items))
        iterate(self, env)

    def begin_map_run(self: DistributedIterationComponent, env: Any) -> None:
        if env.enclosing is not None:
            env.enclosing.has_map_run = True
        iterate_distributed(self, env)

    def evaluate_iteration(self: IterationWorker, env: Any, job: Any) -> None:
        children = {} if env.enclosing is None else env.enclosing.children
        progress = children.get(job.job_index)
        if progress is not None and progress.ended:
            job.job_output = progress.output
            return
        env.progress = progress
        evaluate_job(self, env, job)

    InlineIterationComponent._eval_body = begin_iterations
    DistributedIterationComponent._eval_body = begin_map_run
    IterationWorker._eval_job = evaluate_iteration


def evaluate_branches(branches: Any, env: Any) -> None:
    """Evaluate the branches of a Parallel state that have not succeeded in an earlier attempt.

    Parameters
    ----------
    branches : BranchesDecl
        The branches.
    env : moto.stepfunctions.parser.asl.eval.environment.Environment
        Of the Parallel state; its stack holds their input, and their outputs in the end.

    Raises
    ------
    FailureEventException
        If a branch failed; the others are stopped.
    """
    branch_input = env.stack.pop()
    env.enclosing.begin_children(len(branches.programs))
    children = env.enclosing.children
    pool = BranchWorkerPool(sum(not child.ended for child in children.values()))
    workers = []
    for index, program in enumerate(branches.programs):
        if children[index].ended:
            continue
        frame: Any = env.open_inner_frame()
        frame.states.reset(input_value=branch_input)
        frame.progress = children[index]
        workers.append(BranchWorker(branch_worker_comm=pool, program=program, env=frame))
    for worker in workers:
        worker.start()
    pool.wait()
    details = pool.get_exit_event_details()
    for worker in workers:
        if details is not None:
            worker.stop(stop_date=datetime.datetime.now(datetime.UTC), cause=None, error=None)
        env.close_frame(worker.env)
    if details is not None:
        raise FailureEventException(
            FailureEvent(
                env=env,
                error_name=error_name(details.get("error")),
                event_type=HistoryEventType.ExecutionFailed,
                event_details=EventDetails(executionFailedEventDetails=details),
            )
        )
    env.stack.append([children[index].output for index in range(len(branches.programs))])
