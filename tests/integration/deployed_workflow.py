"""The deployed workflow of the integration tests: ratings for it, starting it, looking at it."""

import json
from typing import Any

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import Machines
from tests.planted import amazon_tsv, plant

FAST = {
    "hyperparameters": {
        "num_factors": 4,
        "epochs": 60,
        "factors_lr": 0.01,
        "linear_lr": 0.02,
        "factors_init_sigma": 0.1,
        "factors_wd": 0.0003,
    }
}
# So long that it has to be stopped.
LONG = {"hyperparameters": {**FAST["hyperparameters"], "epochs": 100_000}}


def upload_planted_ratings(aws: EmbeddedAws, bucket: str) -> None:
    planted = plant(seed=3, n_ratings=5000)
    aws.client("s3").put_object(
        Bucket=bucket, Key="raw/ratings/reviews.tsv", Body=amazon_tsv(planted.frame)
    )


def start(aws: EmbeddedAws, stack: dict[str, str], execution_input: Any) -> str:
    started = aws.client("stepfunctions").start_execution(
        stateMachineArn=stack["StateMachineArn"], input=json.dumps(execution_input)
    )
    return str(started["executionArn"])


def run(aws: EmbeddedAws, stack: dict[str, str], execution_input: Any) -> dict[str, Any]:
    return Machines(aws).wait(start(aws, stack, execution_input))


def sagemaker_jobs_running(aws: EmbeddedAws) -> int:
    sagemaker = aws.client("sagemaker")
    return sum(
        len(jobs)
        for jobs in (
            sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"],
            sagemaker.list_transform_jobs(StatusEquals="InProgress")["TransformJobSummaries"],
        )
    )


def states_entered(aws: EmbeddedAws, execution_arn: str) -> list[str]:
    pages = aws.client("stepfunctions").get_paginator("get_execution_history")
    return [
        event["stateEnteredEventDetails"]["name"]
        for page in pages.paginate(executionArn=execution_arn)
        for event in page["events"]
        if "stateEnteredEventDetails" in event
    ]
