"""The preparation as one Spark job on AWS Glue, which writes what both functions write."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from recommender.run_layout import PREPARED_KEY_TEMPLATE
from workflow import retries
from workflow.failure import REDRIVE_IF_STOPPED, RunFailure, job_run_not_completed
from workflow.glue_tasks import GlueJobTask
from workflow.resources import WorkflowResources


def prepare_with_spark(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, then: sfn.IChainable
) -> sfn.State:
    """Run the Glue job and read what it says; assigns ``$ratings, $features``.

    A job of Glue answers nothing but how it ended: its sizes are in an object, written last.
    """
    run = GlueJobTask(
        scope,
        "PrepareWithSpark",
        job=resources.spark_job,
        comment="What Preprocess and ConvertRecordIO do, for ratings that outgrow a function",
        arguments={"--run.$": "States.JsonToString($run)"},
    )
    failure.catch_all(run)
    read = tasks.CallAwsService(
        scope,
        "ReadPreparation",
        comment="Take over the sizes of what the job wrote",
        service="s3",
        action="getObject",
        iam_action="s3:GetObject",
        parameters={
            "Bucket": resources.bucket.bucket_name,
            "Key": sfn.JsonPath.format(
                PREPARED_KEY_TEMPLATE, sfn.JsonPath.string_at("$run.run_id")
            ),
        },
        iam_resources=[resources.bucket.arn_for_objects(PREPARED_KEY_TEMPLATE.format("*"))],
        result_selector={"prepared": sfn.JsonPath.string_to_json(sfn.JsonPath.string_at("$.Body"))},
        task_timeout=sfn.Timeout.duration(Duration.minutes(1)),
    )
    # A state of its own: a task's variables are made of what it answers before the selector.
    keep = sfn.Pass(
        scope,
        "KeepPreparation",
        comment="Remember the sizes as the functions' answers are remembered",
        assign={
            "ratings": sfn.JsonPath.object_at("$.prepared.ratings"),
            "features": sfn.JsonPath.object_at("$.prepared.features"),
        },
    )
    retries.S3_API.apply_to(read)
    failure.catch_all(read)
    # Whether Step Functions takes a job run that was stopped for a finished one is not documented.
    ended = sfn.Choice(
        scope,
        "PreparationCompleted?",
        comment="A job run that was stopped has not done its work",
    ).when(
        sfn.Condition.not_(sfn.Condition.string_equals("$.JobRunState", "SUCCEEDED")),
        failure.run_failed,
        assign=failure.because(
            step=run.id,
            error="JobNotCompleted",
            reason=job_run_not_completed("$"),
            advice=REDRIVE_IF_STOPPED,
        ),
        comment="stopped",
    )
    run.next(ended.otherwise(read.next(keep).next(then)))
    return run
