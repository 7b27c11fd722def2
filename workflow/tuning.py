"""The branch that searches hyperparameters, and hands on the best training job's model."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from workflow import retries
from workflow.completion import require_completed
from workflow.failure import READ_THE_LOG, RunFailure
from workflow.resources import WorkflowResources
from workflow.sagemaker_tasks import (
    DAY_SECONDS,
    JOB_NAME,
    TRAINING_JOB,
    TUNING_JOB,
    SageMakerTask,
    resource_arn,
)
from workflow.training import MODEL_OF_TRAINING_JOB, job_definition, with_feature_dim


def tune(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, then: sfn.IChainable
) -> sfn.IChainable:
    """Tune the hyperparameters and take the best model; assigns ``$model`` as training does."""
    tune_model = SageMakerTask(
        scope,
        "TuneModel",
        creates=TUNING_JOB,
        resources=resources,
        failure=failure,
        comment="Search the hyperparameters that score best on the validation split",
        parameters=_tuning_job(resources),
        timeout_seconds=31 * DAY_SECONDS,
    )
    has_best = require_completed(
        scope,
        "HasBestTrainingJob?",
        tune_model,
        failure,
        then=_describe_best(scope, failure).next(then),
        assign={
            "restarts": 0,
            "best_training_job_name": sfn.JsonPath.string_at("$.BestTrainingJob.TrainingJobName"),
        },
    ).when(
        sfn.Condition.not_(sfn.Condition.is_present("$.BestTrainingJob.TrainingJobName")),
        failure.run_failed,
        assign=failure.because(
            step="TuneModel",
            error="NoBestTrainingJob",
            reason=sfn.JsonPath.format(
                "tuning job {} has no best training job: no trial reported the objective metric; "
                "see the logs of the trials in /aws/sagemaker/TrainingJobs",
                sfn.JsonPath.string_at("$.HyperParameterTuningJobName"),
            ),
            advice=READ_THE_LOG,
        ),
        comment="no trial succeeded",
    )
    return tune_model.next(has_best)


def _tuning_job(resources: WorkflowResources) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName.$": JOB_NAME,
        "HyperParameterTuningJobConfig": {
            "Strategy.$": "$run.tuning.strategy",
            "HyperParameterTuningJobObjective.$": "$run.tuning.objective",
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs.$": "$run.tuning.max_jobs",
                "MaxParallelTrainingJobs.$": "$run.tuning.max_parallel_jobs",
            },
            "ParameterRanges.$": "$run.tuning.parameter_ranges",
            # Factorization Machines reports its test metrics once, at the end: there is nothing
            # that could stop a trial early.
            "TrainingJobEarlyStoppingType": "Off",
        },
        "TrainingJobDefinition": {
            **job_definition(resources),
            "StaticHyperParameters.$": with_feature_dim("$run.tuning.static_hyperparameters"),
        },
    }


def _describe_best(scope: Construct, failure: RunFailure) -> tasks.CallAwsService:
    """Look up the best trial; the tuning job's own result does not say where its model is."""
    describe = tasks.CallAwsService(
        scope,
        "DescribeBestTrainingJob",
        comment="Find the best trial's model, in the shape that training gives",
        service="sagemaker",
        action="describeTrainingJob",
        parameters={"TrainingJobName": sfn.JsonPath.string_at("$best_training_job_name")},
        iam_action="sagemaker:DescribeTrainingJob",
        iam_resources=[resource_arn(scope, TRAINING_JOB)],
        assign=MODEL_OF_TRAINING_JOB,
        task_timeout=sfn.Timeout.duration(Duration.minutes(1)),
    )
    retries.SAGEMAKER_API.apply_to(describe)
    failure.catch_all(describe)
    return describe
