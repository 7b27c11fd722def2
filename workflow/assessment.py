"""The end of a run: whether the model is good enough to be used."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from recommender.run_layout import ACCEPTED_MODEL_KEY
from workflow import retries
from workflow.failure import RunFailure
from workflow.lambda_tasks import lambda_task
from workflow.resources import WorkflowResources


def assess(scope: Construct, resources: WorkflowResources, failure: RunFailure) -> sfn.IChainable:
    """Evaluate the predictions, then take the model into use or reject it.

    A rejected model is a result, not a failure: the execution succeeds and says why.
    """
    summary = _summarize_run(scope)
    gate = (
        sfn.Choice(scope, "QualityGate", comment="Is the model good enough to be used?")
        .when(
            sfn.Condition.string_equals("$.outcome", "accepted"),
            _accept_model(scope, resources, failure, record=summary),
            comment="accepted",
        )
        .otherwise(
            sfn.Succeed(
                scope, "ModelRejected", comment="The model in use stays; the output says why"
            )
        )
    )
    return _evaluate(scope, resources, failure).next(summary).next(gate)


def _evaluate(
    scope: Construct, resources: WorkflowResources, failure: RunFailure
) -> sfn.TaskStateBase:
    return lambda_task(
        scope,
        "Evaluate",
        resources,
        failure,
        comment="Compare the predictions with the true ratings and with the baselines",
        payload={
            "run_id": sfn.JsonPath.string_at("$run.run_id"),
            "predictor_type": sfn.JsonPath.string_at("$run.predictor_type"),
            "quality_gate": sfn.JsonPath.object_at("$run.quality_gate"),
            "training_job_name": sfn.JsonPath.string_at("$model.training_job_name"),
            "model_data_uri": sfn.JsonPath.string_at("$model.model_data_uri"),
            "hyperparameters": sfn.JsonPath.object_at("$model.hyperparameters"),
            "ratings": sfn.JsonPath.object_at("$ratings"),
            "positive_rating": sfn.JsonPath.number_at("$run.positive_rating"),
        },
        assign="evaluation",
    )


def _summarize_run(scope: Construct) -> sfn.Pass:
    return sfn.Pass(
        scope,
        "SummarizeRun",
        comment="What the execution puts out, and the record of an accepted model",
        parameters={
            "run_id": sfn.JsonPath.string_at("$run.run_id"),
            "mode": sfn.JsonPath.string_at("$run.mode"),
            "outcome": sfn.JsonPath.string_at("$evaluation.outcome"),
            "reasons": sfn.JsonPath.object_at("$evaluation.reasons"),
            "model": sfn.JsonPath.object_at("$model"),
            "metrics": sfn.JsonPath.object_at("$evaluation.metrics"),
            "preparation": sfn.JsonPath.object_at("$run.preparation"),
            "ratings": sfn.JsonPath.object_at("$ratings"),
            "evaluation_uri": sfn.JsonPath.string_at("$evaluation.evaluation_uri"),
        },
    )


def _accept_model(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, record: sfn.State
) -> tasks.CallAwsService:
    accept = tasks.CallAwsService(
        scope,
        "AcceptModel",
        comment="Take the model into use: the bucket keeps earlier versions of this object",
        service="s3",
        action="putObject",
        parameters={
            "Bucket": resources.bucket.bucket_name,
            "Key": ACCEPTED_MODEL_KEY,
            "ContentType": "application/json",
            # An object, not text: Step Functions would put quotes around a string.
            "Body": sfn.JsonPath.object_at("$"),
        },
        iam_action="s3:PutObject",
        iam_resources=[resources.bucket.arn_for_objects(ACCEPTED_MODEL_KEY)],
        result_path=sfn.JsonPath.DISCARD,
        task_timeout=sfn.Timeout.duration(Duration.minutes(1)),
    )
    retries.S3_API.apply_to(accept)
    failure.catch_all(accept, resume_at=record)
    return accept
