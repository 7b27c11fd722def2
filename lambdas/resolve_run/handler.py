"""ResolveRun: check the execution input, fill in the defaults, name the run."""

from __future__ import annotations

from typing import Annotated, Any

import boto3
from pydantic import Field

from lambdas.resolve_run.deployment_defaults import with_defaults
from lambdas.resolve_run.events import ResolvedRun, ResolveRunRequest
from lambdas.resolve_run.preflight import look_at_dataset
from lambdas.resolve_run.preparation_route import choose_route
from lambdas.resolve_run.problems import invalid_input
from lambdas.resolve_run.resolution import dataset_uri, find_problems, make_run_id, resolve
from lambdas.runtime.logs import run_logger
from lambdas.runtime.metrics import Metric, RunMetrics
from lambdas.runtime.settings import Settings


class ResolveRunSettings(Settings, frozen=True):
    """Environment variables of this function."""

    spark_min_rows: Annotated[int, Field(ge=1, alias="SPARK_MIN_ROWS")]
    """From how many ratings on Spark prepares them, unless the input decides."""


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Answer with a `ResolvedRun`, or fail with an `InvalidInputError` that says everything."""
    request = ResolveRunRequest.model_validate(event)
    settings = ResolveRunSettings.from_env()
    run_id = make_run_id(request.execution_arn, request.started_at)
    log = run_logger("resolve_run", run_id=run_id, level=settings.log_level)
    metrics = RunMetrics("ResolveRun", stack=settings.stack_name, run_id=run_id)
    with log.failures():
        given = with_defaults(request.execution_input, request.input_defaults)
        run = _resolve(given, run_id, settings)
    log.info(
        "run resolved",
        {
            "mode": run.mode,
            "dataset_uri": run.dataset.uri,
            "preparation": run.preparation and run.preparation.model_dump(),
            "max_instance_hours": run.max_instance_hours,
        },
    )
    metrics.put({"MaxInstanceHours": Metric(run.max_instance_hours, "None")})
    return run.model_dump(mode="json")


def _resolve(execution_input: Any, run_id: str, settings: ResolveRunSettings) -> ResolvedRun:
    """Look for everything that may be wrong before complaining of any of it."""
    reading, problems = find_problems(execution_input)
    given, estimated_rows = reading.given, 0
    if "dataset" not in reading.not_understood:
        uri = dataset_uri(given, settings.data_bucket)
        estimated_rows, found = look_at_dataset(boto3.client("s3"), uri)
        problems = [*problems, *found]
    if problems:
        raise invalid_input(problems)
    route = choose_route(given.preparation, estimated_rows, spark_min_rows=settings.spark_min_rows)
    return resolve(given, run_id=run_id, data_bucket=settings.data_bucket, preparation=route)
