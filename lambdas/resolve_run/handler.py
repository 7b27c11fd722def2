"""ResolveRun: check the execution input, fill in the defaults, name the run."""

from __future__ import annotations

from typing import Any

from lambdas.resolve_run.events import ResolveRunRequest
from lambdas.resolve_run.problems import check
from lambdas.resolve_run.resolution import make_run_id, resolve
from lambdas.runtime.logs import run_logger
from lambdas.runtime.metrics import Metric, RunMetrics
from lambdas.runtime.settings import Settings


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Answer with a `ResolvedRun`, or fail with an `InvalidInputError` that says everything."""
    request = ResolveRunRequest.model_validate(event)
    settings = Settings.from_env()
    run_id = make_run_id(request.execution_arn, request.started_at)
    log = run_logger("resolve_run", run_id=run_id, level=settings.log_level)
    metrics = RunMetrics("ResolveRun", stack=settings.stack_name, run_id=run_id)
    with log.failures():
        given = check(request.execution_input)
        run = resolve(given, run_id=run_id, data_bucket=settings.data_bucket)
    log.info(
        "run resolved",
        {
            "mode": run.mode,
            "dataset_uri": run.dataset.uri,
            "max_instance_hours": run.max_instance_hours,
        },
    )
    metrics.put({"MaxInstanceHours": Metric(run.max_instance_hours, "None")})
    return run.model_dump(mode="json")
