"""Predictions for the ratings that training never saw."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.completion import require_completed
from workflow.failure import RunFailure
from workflow.resources import WorkflowResources
from workflow.sagemaker_tasks import DAY_SECONDS, JOB_NAME, TRANSFORM_JOB, SageMakerTask
from workflow.training import RECORDIO_CONTENT_TYPE


def transform_test_set(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, then: sfn.IChainable
) -> sfn.IChainable:
    """Score the test split; each file of it gets a file of predictions."""
    transform = SageMakerTask(
        scope,
        "TransformTestSet",
        creates=TRANSFORM_JOB,
        resources=resources,
        failure=failure,
        comment="Predict the ratings of the test split",
        parameters={
            "TransformJobName.$": JOB_NAME,
            "ModelName.$": "$model_name",
            "BatchStrategy": "MultiRecord",
            "MaxPayloadInMB.$": "$run.transform.max_payload_mb",
            "TransformInput": {
                "ContentType": RECORDIO_CONTENT_TYPE,
                "SplitType": "RecordIO",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri.$": "$run.uris.recordio_test_uri",
                    }
                },
            },
            "TransformOutput": {
                "S3OutputPath.$": "$run.uris.predictions_uri",
                "Accept": "application/jsonlines",
                "AssembleWith": "Line",
                **resources.security.output,
            },
            "TransformResources": {
                "InstanceType.$": "$transform_placement.instance_type",
                "InstanceCount.$": "$run.transform.instance_count",
                **resources.security.volume,
            },
        },
        timeout_seconds=DAY_SECONDS,
    )
    return transform.next(
        require_completed(scope, "TransformCompleted?", transform, failure, then=then)
    )
