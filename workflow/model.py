"""From a training job's artifact to a model that SageMaker can serve."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.failure import RunFailure
from workflow.resources import WorkflowResources
from workflow.sagemaker_tasks import JOB_NAME, MODEL, SageMakerTask


def create_model(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, then: sfn.IChainable
) -> sfn.IChainable:
    """Create the model; assigns ``$model_name``."""
    return SageMakerTask(
        scope,
        "CreateModel",
        creates=MODEL,
        resources=resources,
        failure=failure,
        comment="Make a SageMaker model of the trained artifact",
        parameters={
            "ModelName.$": JOB_NAME,
            "ExecutionRoleArn": resources.job_role.role_arn,
            "PrimaryContainer": {
                "Image.$": "$model.training_image",
                "ModelDataUrl.$": "$model.model_data_uri",
            },
            **resources.security.container,
        },
        # The name is read from the result: made anew in a later state it could differ.
        assign={"model_name.$": "States.ArrayGetItem(States.StringSplit($.ModelArn, '/'), 1)"},
        timeout_seconds=300,
    ).next(then)
