"""The first stage: what exactly this run is going to do."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.failure import RunFailure
from workflow.lambda_tasks import lambda_task
from workflow.resources import WorkflowResources


def resolve_run(
    scope: Construct, resources: WorkflowResources, failure: RunFailure
) -> sfn.TaskStateBase:
    """Check the execution input, fill in defaults, make the run id; assigns ``$run``."""
    return lambda_task(
        scope,
        "ResolveRun",
        resources,
        failure,
        comment="Check the execution input, fill in the defaults, make the run id",
        payload={
            "execution_input": sfn.JsonPath.entire_payload,
            "execution_arn": sfn.JsonPath.string_at("$$.Execution.Id"),
            "started_at": sfn.JsonPath.string_at("$$.Execution.StartTime"),
        },
        assign="run",
    )
