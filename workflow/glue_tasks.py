"""A state that runs a Glue job and waits for it, with exactly the permissions it needs.

The CDK's construct hands its time limit to the job and gives the state none of its own.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow import retries
from workflow.resources import GlueJob

# Glue counts a job's own time limit from when its workers are there.
_TIME_TO_FIND_WORKERS = Duration.hours(24)


class GlueJobTask(sfn.CustomState):
    """A state that runs a job of AWS Glue; its output is the job run.

    Parameters
    ----------
    scope : Construct
        Parent of the state.
    state_name : str
        Name of the state.
    job : GlueJob
        What is run.
    comment : str
        What the state does, for the console's graph.
    arguments : dict
        Of the job, as ASL's ``Parameters``; they are put over the job's own.

    Attributes
    ----------
    statements : list of PolicyStatement
        What the state machine's role must be allowed to do for this state.
    """

    def __init__(
        self,
        scope: Construct,
        state_name: str,
        *,
        job: GlueJob,
        comment: str,
        arguments: dict[str, Any],
    ) -> None:
        super().__init__(
            scope,
            state_name,
            state_json={
                "Type": "Task",
                "Comment": comment,
                "Resource": f"arn:{Aws.PARTITION}:states:::glue:startJobRun.sync",
                "Parameters": {"JobName": job.name, "Arguments": arguments},
                "TimeoutSeconds": job.timeout.plus(_TIME_TO_FIND_WORKERS).to_seconds(),
            },
        )
        retries.GLUE_QUOTA.apply_to(self)
        retries.GLUE_SERVICE.apply_to(self)
        # Step Functions developer guide, "Start an AWS Glue job with Step Functions". Without
        # BatchStopJobRun, an aborted execution leaves its job running, and billed.
        job_arn = Stack.of(scope).format_arn(service="glue", resource="job", resource_name=job.name)
        self.statements = [
            iam.PolicyStatement(
                actions=[
                    "glue:StartJobRun",
                    "glue:GetJobRun",
                    "glue:GetJobRuns",
                    "glue:BatchStopJobRun",
                ],
                resources=[job_arn],
            )
        ]
