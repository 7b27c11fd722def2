"""From raw ratings to the files that the algorithm reads: by functions, or by Spark."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.failure import RunFailure
from workflow.lambda_tasks import lambda_task
from workflow.resources import WorkflowResources
from workflow.spark_preparation import prepare_with_spark


def prepare(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, then: sfn.IChainable
) -> sfn.State:
    """Cleanse, index and split the ratings, then encode them; assigns ``$ratings, $features``.

    ResolveRun has chosen the route; both give the same.
    """
    return (
        sfn.Choice(
            scope, "PreparationRoute", comment="Do the ratings fit a function, or outgrow it?"
        )
        .when(
            sfn.Condition.string_equals("$run.preparation.route", "glue"),
            prepare_with_spark(scope, resources, failure, then=then),
            comment="glue",
        )
        .otherwise(_prepare_with_functions(scope, resources, failure, then=then))
    )


def _prepare_with_functions(
    scope: Construct, resources: WorkflowResources, failure: RunFailure, *, then: sfn.IChainable
) -> sfn.State:
    preprocess = lambda_task(
        scope,
        "Preprocess",
        resources,
        failure,
        comment="Cleanse and filter the ratings, number customers and videos, split",
        payload={
            "run_id": sfn.JsonPath.string_at("$run.run_id"),
            "dataset": sfn.JsonPath.object_at("$run.dataset"),
            "filter": sfn.JsonPath.object_at("$run.filter"),
            "split": sfn.JsonPath.object_at("$run.split"),
        },
        assign="ratings",
    )
    convert = lambda_task(
        scope,
        "ConvertRecordIO",
        resources,
        failure,
        comment="One-hot encode the splits and write them as RecordIO-protobuf",
        payload={
            "run_id": sfn.JsonPath.string_at("$run.run_id"),
            "n_users": sfn.JsonPath.number_at("$ratings.n_users"),
            "n_items": sfn.JsonPath.number_at("$ratings.n_items"),
            "n_train": sfn.JsonPath.number_at("$ratings.n_train"),
            "n_validation": sfn.JsonPath.number_at("$ratings.n_validation"),
            "n_test": sfn.JsonPath.number_at("$ratings.n_test"),
            "instance_count": sfn.JsonPath.number_at("$run.training.instance_count"),
            "max_rows_per_file": sfn.JsonPath.number_at("$run.transform.max_rows_per_file"),
            "max_payload_mb": sfn.JsonPath.number_at("$run.transform.max_payload_mb"),
            "positive_rating": sfn.JsonPath.number_at("$run.positive_rating"),
        },
        assign="features",
    )
    preprocess.next(convert).next(then)
    return preprocess
