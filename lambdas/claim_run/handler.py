"""ClaimRun: become the one execution that runs, or say which one does."""

from __future__ import annotations

from typing import Any

import boto3

from lambdas.claim_run.claiming import claim
from lambdas.claim_run.events import ClaimRunRequest
from lambdas.claim_run.executions import Executions
from lambdas.claim_run.run_lock import RunLock
from lambdas.runtime.logs import run_logger
from lambdas.runtime.metrics import Metric, RunMetrics
from lambdas.runtime.settings import Settings


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Answer with a `ClaimRunResponse`; another execution that runs is an answer, no error."""
    request = ClaimRunRequest.model_validate(event)
    settings = Settings.from_env()
    log = run_logger("claim_run", run_id=request.run_id, level=settings.log_level)
    metrics = RunMetrics("ClaimRun", stack=settings.stack_name, run_id=request.run_id)
    with log.failures():
        lock = RunLock(boto3.client("s3"), settings.data_bucket)
        response = claim(request, lock, Executions(boto3.client("stepfunctions")))
    log.info("run claimed" if response.claimed else "run skipped", response.model_dump())
    metrics.put({"RunsSkipped": Metric(int(not response.claimed), "Count")})
    return response.model_dump(mode="json")
