"""Everything about an ended execution, gathered from AWS's APIs alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_access import AwsAccess
from console.aws_problems import aws_problem
from console.execution_reference import Execution, describe
from console.failure_digest import FailureDigest, digest_of
from console.history import new_events
from console.recommendations import RecommendationBrowser, load_run
from console.sample_customers import CustomerSample, sample_customers
from console.timeline import StateRun, Timeline
from console.training_log import EpochMetric, TrainingLog
from console.tuning_trials import Trial, list_trials
from recommender.errors import RecommenderError

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(slots=True)
class RunRecord:
    """One execution, ended or not.

    Attributes
    ----------
    output : mapping
        The execution's output; empty unless it succeeded.
    failure : FailureDigest or None
        Why it did not succeed.
    resolved : mapping
        What ResolveRun made of the input; empty if it did not.
    events : list of mapping
        The history, as GetExecutionHistory gives it.
    prepared : mapping
        What Preprocess counted, also where a later step failed; empty if it did not get so far.
    curve : list of EpochMetric
        Of the training job whose model it is.
    hyperparameters : mapping
        Of the same job.
    gaps : list of str
        What could not be read, and why.
    """

    execution_arn: str
    name: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    execution_input: Any
    output: dict[str, Any]
    resolved: dict[str, Any]
    states: list[StateRun]
    events: list[Mapping[str, Any]] = field(default_factory=list)
    prepared: dict[str, Any] = field(default_factory=dict)
    failure: FailureDigest | None = None
    curve: list[EpochMetric] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    samples: list[CustomerSample] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    @property
    def run_id(self) -> str | None:
        """Name of the run; ``None`` if it failed before it got one."""
        return self.output.get("run_id") or self.resolved.get("run_id")

    @property
    def folder_name(self) -> str:
        """What to call the folder of its report; what an execution says leads to no other place."""
        name = _NOT_IN_A_NAME.sub("_", self.run_id or self.name)
        return name if name.strip(".") else "run"

    @property
    def skipped(self) -> bool:
        """Whether it ended at once, because another execution was running."""
        return self.output.get("outcome") == "skipped"

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than SUCCEEDED."""
        return self.status not in ("RUNNING", "PENDING_REDRIVE", "SUCCEEDED")

    @property
    def seconds(self) -> float | None:
        """Duration of the execution."""
        if self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    @property
    def metrics(self) -> dict[str, float]:
        """What Evaluate measured."""
        metrics: dict[str, float] = self.output.get("metrics", {})
        return metrics

    @property
    def ratings(self) -> dict[str, Any]:
        """What Preprocess counted."""
        ratings: dict[str, Any] = self.output.get("ratings") or self.prepared
        return ratings

    @property
    def is_classifier(self) -> bool:
        """Whether the model predicts a class rather than a rating."""
        return self.resolved.get("predictor_type") == "binary_classifier"


def gather(access: AwsAccess, execution_arn: str, timeline: Timeline | None = None) -> RunRecord:
    """Read everything about an execution.

    What the result is made of must be there; curve, trials and sample recommendations may be
    missing (their logs or objects may have expired) and are then listed in ``gaps``.

    Parameters
    ----------
    access : AwsAccess
    execution_arn : str
    timeline : Timeline or None
        What is known already, complete.

    Raises
    ------
    EnvironmentProblemError
        If the execution cannot be read.
    """
    execution = describe(access, execution_arn)
    if timeline is None:
        timeline = read_timeline(access, execution_arn)
    record = outline(execution, timeline)
    _add_jobs(access, record, timeline)
    if record.status == "SUCCEEDED" and not record.skipped:
        _add_samples(access, record)
    return record


def read_timeline(access: AwsAccess, execution_arn: str) -> Timeline:
    """Read the whole history of an execution.

    Raises
    ------
    EnvironmentProblemError
        If it cannot be read.
    """
    timeline = Timeline()
    try:
        timeline.take(new_events(access.client("stepfunctions"), execution_arn, 0))
    except (BotoCoreError, ClientError) as error:
        raise aws_problem(execution_arn, error) from error
    return timeline


def outline(execution: Execution, timeline: Timeline) -> RunRecord:
    """Say what Step Functions knows of an execution, and nothing of its jobs and files.

    Parameters
    ----------
    execution : Execution
    timeline : Timeline
        Read after `execution`: of one that has ended, its history is then complete.
    """
    described = execution.described
    output = _object(described.get("output"))
    resolved = timeline.variables.get("run")
    prepared = timeline.variables.get("ratings")
    record = RunRecord(
        execution_arn=execution.arn,
        name=described["name"],
        status=described["status"],
        started_at=described["startDate"],
        ended_at=described.get("stopDate"),
        execution_input=_object(described.get("input")),
        output=output,
        resolved=resolved if isinstance(resolved, dict) else {},
        states=timeline.states,
        events=timeline.events,
        prepared=prepared if isinstance(prepared, dict) else {},
    )
    if record.failed:
        record.failure = digest_of(
            told=timeline.variables.get("failure"),
            status=record.status,
            step=timeline.failed_step,
            error=described.get("error") or timeline.error,
            cause=described.get("cause") or timeline.cause,
            with_links=not execution.access.is_local,
        )
    return record


def _add_jobs(access: AwsAccess, record: RunRecord, timeline: Timeline) -> None:
    """Add the learning curve and hyperparameters of the model's job, and the trials."""
    tuning_job = timeline.jobs.get("HyperParameterTuningJobName")
    training_job = record.output.get("model", {}).get("training_job_name") or (
        None if tuning_job else timeline.jobs.get("TrainingJobName")
    )
    try:
        if tuning_job:
            record.trials.extend(list_trials(access.client("sagemaker"), tuning_job))
        if training_job:
            described = access.client("sagemaker").describe_training_job(
                TrainingJobName=training_job
            )
            record.hyperparameters = described.get("HyperParameters", {})
            record.curve.extend(TrainingLog(access.client("logs"), training_job).read_all())
    except (BotoCoreError, ClientError) as error:
        record.gaps.append(f"training: {error}")


def _add_samples(access: AwsAccess, record: RunRecord) -> None:
    try:
        bucket, _ = split_s3_uri(record.output["evaluation_uri"])
        run = load_run(access.client("s3"), bucket, str(record.run_id))
        record.samples.extend(sample_customers(RecommendationBrowser(run)))
    except (RecommenderError, KeyError, ValueError) as error:
        record.gaps.append(f"sample recommendations: {error}")


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key.

    Raises
    ------
    ValueError
        If it is no such URI.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not key:
        raise ValueError(f"{uri!r}: expected s3://bucket/key")
    return bucket, key


def _object(text: str | None) -> Any:
    value = json.loads(text or "{}")
    return value if isinstance(value, dict) else {}
