"""No two runs at a time: a run that finds another one running ends at once, skipped."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.failure import RunFailure
from workflow.lambda_tasks import lambda_task
from workflow.resources import WorkflowResources
from workflow.resumption import FIRST_ATTEMPT


def claim_run(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, then: sfn.IChainable
) -> sfn.TaskStateBase:
    """Make this the one execution that runs, or skip it; assigns ``$claim``.

    A redriven run passes here again, because another one may have begun since it failed.

    Parameters
    ----------
    scope, resources, failure
        As for every stage.
    then : IChainable
        Where a run goes on that may.

    Returns
    -------
    TaskStateBase
        The first state.
    """
    claim = lambda_task(
        scope,
        "ClaimRun",
        resources,
        failure,
        comment="Become the one execution that runs, unless another one does",
        payload={
            "run_id": sfn.JsonPath.string_at("$run.run_id"),
            "execution_arn": sfn.JsonPath.string_at("$$.Execution.Id"),
            "allow_concurrent": sfn.JsonPath.object_at("$run.allow_concurrent"),
        },
        assign="claim",
        assign_besides=FIRST_ATTEMPT,
    )
    skipped = sfn.Pass(
        scope,
        "SkipRun",
        comment="Another execution is running: the output names it",
        parameters={
            "run_id": sfn.JsonPath.string_at("$run.run_id"),
            "outcome": "skipped",
            "running_execution_arn": sfn.JsonPath.string_at("$claim.running_execution_arn"),
        },
    )
    skipped.next(sfn.Succeed(scope, "RunSkipped", comment="Nothing was done, and nothing failed"))
    claim.next(
        sfn.Choice(scope, "SkipIfRunning", comment="Is another execution running?")
        .when(
            sfn.Condition.boolean_equals("$claim.claimed", value=False),
            skipped,
            comment="another one runs",
        )
        .otherwise(then)
    )
    return claim
