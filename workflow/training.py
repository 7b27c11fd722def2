"""The branch that trains one model, and what a tuning job's trainings share with it."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.completion import require_completed
from workflow.failure import RunFailure
from workflow.resources import WorkflowResources
from workflow.sagemaker_tasks import DAY_SECONDS, JOB_NAME, TRAINING_JOB, SageMakerTask

RECORDIO_CONTENT_TYPE = "application/x-recordio-protobuf"

# Both branches make the same shape, from a training job's Describe response.
MODEL_OF_TRAINING_JOB = {
    "model": {
        "training_job_name": sfn.JsonPath.string_at("$.TrainingJobName"),
        "model_data_uri": sfn.JsonPath.string_at("$.ModelArtifacts.S3ModelArtifacts"),
        "training_image": sfn.JsonPath.string_at("$.AlgorithmSpecification.TrainingImage"),
        "hyperparameters": sfn.JsonPath.object_at("$.HyperParameters"),
    }
}


def train(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, then: sfn.IChainable
) -> sfn.IChainable:
    """Train with the run's hyperparameters; assigns ``$model``."""
    train_model = SageMakerTask(
        scope,
        "TrainModel",
        creates=TRAINING_JOB,
        resources=resources,
        failure=failure,
        comment="Train Factorization Machines with the run's hyperparameters",
        parameters={
            "TrainingJobName.$": JOB_NAME,
            **job_definition(resources),
            "HyperParameters.$": with_feature_dim("$run.hyperparameters"),
        },
        timeout_seconds=29 * DAY_SECONDS,
    )
    completed = require_completed(
        scope,
        "TrainingCompleted?",
        train_model,
        failure,
        assign={**MODEL_OF_TRAINING_JOB, "restarts": 0},
        restart_without_spot=True,
        then=then,
    )
    return train_model.next(completed)


def job_definition(resources: WorkflowResources) -> dict[str, Any]:
    """Fields that CreateTrainingJob and a tuning job's TrainingJobDefinition have in common."""
    return {
        "AlgorithmSpecification": {
            "TrainingImage": resources.training_image,
            "TrainingInputMode": "File",
        },
        "RoleArn": resources.job_role.role_arn,
        "InputDataConfig": [
            # Every instance trains on its share of the files, a single one on all of them. Whole
            # copies would make each instance do all the work of one.
            _channel("train", "$run.uris.recordio_train_uri", "ShardedByS3Key"),
            # The channel `test` is what tuning optimises on, so it gets the validation split;
            # the test split is kept for the final evaluation. Every instance has all of it, so
            # that no score is a share's. AWS says nothing on this of Factorization Machines, and
            # recommends it for k-means, which has the same two channels:
            # https://docs.aws.amazon.com/sagemaker/latest/dg/k-means.html
            _channel("test", "$run.uris.recordio_validation_uri", "FullyReplicated"),
        ],
        "OutputDataConfig": {
            "S3OutputPath.$": "$run.uris.model_prefix_uri",
            **resources.security.output,
        },
        "ResourceConfig": {
            "InstanceType.$": "$training_placement.instance_type",
            "InstanceCount.$": "$run.training.instance_count",
            "VolumeSizeInGB.$": "$run.training.volume_size_gb",
            **resources.security.volume,
        },
        "StoppingCondition.$": "$training_placement.stopping_condition",
        "EnableManagedSpotTraining.$": "$training_placement.use_spot",
        **resources.security.container,
        **resources.security.traffic,
    }


def with_feature_dim(hyperparameters: str) -> str:
    """Add what only the converted data can tell to the `hyperparameters` of that path."""
    return f"States.JsonMerge({hyperparameters}, $features.hyperparameters, false)"


def _channel(name: str, uri: str, distribution: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "ContentType": RECORDIO_CONTENT_TYPE,
        "InputMode": "File",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3DataDistributionType": distribution,
                "S3Uri.$": uri,
            }
        },
    }
