"""The SageMaker jobs of a run: when they waited and ran, on what, and what of it is billed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# SageMaker answers ValidationException or ResourceNotFound; which one for which job is not
# documented.
_UNKNOWN_JOB = re.compile("not found|could not find", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class JobRun:
    """One training or transform job.

    Attributes
    ----------
    kind : str
        ``training``, ``tuning trial`` or ``transform``.
    asked_as : tuple of (str, str)
        Member and name of the request that made it: its own, or the tuning job's. Jobs of two
        kinds may have the same name.
    started_at : datetime or None
        When its instances began to work; it waited from ``created_at`` to then.
    billable_seconds : float or None
        Of one instance. ``BillableTimeInSeconds`` of a training job; SageMaker gives none of a
        transform job, whose time from start to end stands for it.
    billable_is_measured : bool
        Whether SageMaker itself gave it.
    """

    kind: str
    name: str
    asked_as: tuple[str, str]
    status: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    instance_type: str
    instance_count: int
    billable_seconds: float | None
    billable_is_measured: bool
    reason: str | None

    @property
    def instance_hours(self) -> float | None:
        """Billable hours of all its instances; ``None`` while that is not known."""
        if self.billable_seconds is None:
            return None
        return self.billable_seconds * self.instance_count / 3600.0


def describe_jobs(
    sagemaker: Any, jobs: Iterable[tuple[str, str]]
) -> tuple[list[JobRun], list[str]]:
    """Ask SageMaker about jobs; a tuning job stands for its trials.

    Parameters
    ----------
    sagemaker : boto3 client
    jobs : iterable of (str, str)
        The member that names the job, for example ``TrainingJobName``, and its name.

    Returns
    -------
    jobs : list of JobRun
        By the time they were created.
    gaps : list of str
        Jobs that could not be read, and why. One that SageMaker does not know is none: a request
        that was refused made no job.
    """
    found: list[JobRun] = []
    gaps: list[str] = []
    for job in jobs:
        member, name = job
        try:
            if member == "HyperParameterTuningJobName":
                found += [_training(sagemaker, trial, job) for trial in _trials(sagemaker, name)]
            elif member == "TrainingJobName":
                found.append(_training(sagemaker, name, job))
            else:
                found.append(_transform(sagemaker, name, job))
        except (BotoCoreError, ClientError) as error:
            if not _UNKNOWN_JOB.search(str(error)):
                gaps.append(f"job {name}: {error}")
    return sorted(found, key=lambda job: (job.created_at, job.name)), gaps


def _trials(sagemaker: Any, name: str) -> list[str]:
    paginator = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    pages = paginator.paginate(HyperParameterTuningJobName=name)
    return [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]


def _training(sagemaker: Any, name: str, asked_as: tuple[str, str]) -> JobRun:
    job = sagemaker.describe_training_job(TrainingJobName=name)
    billable = job.get("BillableTimeInSeconds")
    resources = job["ResourceConfig"]
    return JobRun(
        kind="training" if asked_as[1] == name else "tuning trial",
        name=name,
        asked_as=asked_as,
        status=job["TrainingJobStatus"],
        created_at=job["CreationTime"],
        started_at=job.get("TrainingStartTime"),
        ended_at=job.get("TrainingEndTime"),
        instance_type=resources.get("InstanceType", ""),
        instance_count=int(resources.get("InstanceCount", 1)),
        billable_seconds=None if billable is None else float(billable),
        billable_is_measured=True,
        reason=job.get("FailureReason"),
    )


def _transform(sagemaker: Any, name: str, asked_as: tuple[str, str]) -> JobRun:
    job: Mapping[str, Any] = sagemaker.describe_transform_job(TransformJobName=name)
    started, ended = job.get("TransformStartTime"), job.get("TransformEndTime")
    resources = job["TransformResources"]
    return JobRun(
        kind="transform",
        name=name,
        asked_as=asked_as,
        status=job["TransformJobStatus"],
        created_at=job["CreationTime"],
        started_at=started,
        ended_at=ended,
        instance_type=resources.get("InstanceType", ""),
        instance_count=int(resources.get("InstanceCount", 1)),
        billable_seconds=(ended - started).total_seconds() if started and ended else None,
        billable_is_measured=False,
        reason=job.get("FailureReason"),
    )
