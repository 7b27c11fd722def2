"""Did the job do all of its work? Step Functions takes a stopped job for a finished one."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.failure import TRY_LATER, RunFailure
from workflow.sagemaker_tasks import SageMakerResource, SageMakerTask

_RAISE_THE_LIMIT = (
    "If somebody stopped the job, redrive the execution, which starts another one. Otherwise raise "
    "training.max_runtime_seconds and start a new execution."
)


def require_completed(
    scope: Construct,
    state_name: str,
    task: SageMakerTask,
    failure: RunFailure,
    *,
    then: sfn.IChainable,
    assign: dict[str, Any] | None = None,
    restart_without_spot: bool = False,
) -> sfn.Choice:
    """Fail the run unless the job ended ``Completed``.

    A job also ends ``Stopped`` when somebody stopped it and when it used up its
    MaxRuntimeInSeconds; a model may even be there, but not the one that was asked for.

    Parameters
    ----------
    scope : Construct
        Parent of the state.
    state_name : str
        Name of the state; its input is the job's Describe response.
    task : SageMakerTask
        The state that ran the job.
    failure : RunFailure
        Where the run ends otherwise.
    then : IChainable
        Where the run goes on.
    assign : dict, optional
        Variables to make from the Describe response of a completed job.
    restart_without_spot : bool
        Start the job again if it waited in vain for spot capacity.
    """
    job = task.creates
    choice = sfn.Choice(
        scope,
        state_name,
        comment="A job that was stopped, or ran out of time, has not done its work",
        assign=assign,
    )
    if restart_without_spot:
        _restart_without_spot(choice, task, failure)
    return choice.when(
        sfn.Condition.not_(sfn.Condition.string_equals(f"$.{job.api_name}Status", "Completed")),
        failure.run_failed,
        assign=failure.because(
            step=task.id,
            error="JobNotCompleted",
            reason=_not_completed(job),
            advice=_RAISE_THE_LIMIT,
            job=(job.api_name, f"$.{job.api_name}Name"),
        ),
        comment="stopped",
    ).otherwise(then)


def _restart_without_spot(choice: sfn.Choice, task: SageMakerTask, failure: RunFailure) -> None:
    status = "$.SecondaryStatus"
    choice.when(
        sfn.Condition.and_(
            sfn.Condition.is_present(status),
            sfn.Condition.string_equals(status, "MaxWaitTimeExceeded"),
        ),
        failure.restart_job,
        assign=failure.because(
            step=task.id,
            error="JobNotCompleted",
            reason="it found no spot capacity within its MaxWaitTimeInSeconds",
            advice=TRY_LATER,
            job=(task.creates.api_name, f"$.{task.creates.api_name}Name"),
        ),
        comment="no spot capacity",
    )


def _not_completed(job: SageMakerResource) -> str:
    return sfn.JsonPath.format(
        "job {} ended with status {}, not Completed: it was stopped, or reached its time limit",
        sfn.JsonPath.string_at(f"$.{job.api_name}Name"),
        sfn.JsonPath.string_at(f"$.{job.api_name}Status"),
    )
