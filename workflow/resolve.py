"""The first stage: what exactly this run is going to do."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.failure import RunFailure
from workflow.lambda_tasks import lambda_task
from workflow.resources import WorkflowResources


def resolve_run(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, then: sfn.IChainable
) -> sfn.TaskStateBase:
    """Check the execution input, fill in defaults, make the run id; assigns ``$run``."""
    resolve = lambda_task(
        scope,
        "ResolveRun",
        resources,
        failure,
        comment="Check the execution input, fill in the defaults, make the run id",
        payload={
            # Not the state's input, which after a redrive is another.
            "execution_input": sfn.JsonPath.object_at("$$.Execution.Input"),
            "execution_arn": sfn.JsonPath.string_at("$$.Execution.Id"),
            "started_at": sfn.JsonPath.string_at("$$.Execution.StartTime"),
            "input_defaults": dict(resources.input_defaults),
        },
        assign="run",
        assign_besides={"failure": {"step": "none"}},
    )
    resolve.next(then)
    return resolve
