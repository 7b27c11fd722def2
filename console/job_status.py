"""What SageMaker says of a job."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_access import AwsAccess
from console.timeline import Job

# Operation, and what its answer calls the status, by the kind of job.
_DESCRIBE = {
    "TrainingJob": ("describe_training_job", "TrainingJobStatus"),
    "HyperParameterTuningJob": (
        "describe_hyper_parameter_tuning_job",
        "HyperParameterTuningJobStatus",
    ),
    "TransformJob": ("describe_transform_job", "TransformJobStatus"),
}


def status_of(access: AwsAccess, job: Job) -> str | None:
    """Ask for a job's status.

    Parameters
    ----------
    access : AwsAccess
    job : Job

    Returns
    -------
    str or None
        For example ``InProgress``; ``None`` if SageMaker does not say, because there is no such
        job (its start was refused) or the person may not look.
    """
    if job.kind not in _DESCRIBE:
        return None
    operation, member = _DESCRIBE[job.kind]
    describe: Any = getattr(access.client("sagemaker"), operation)
    try:
        return str(describe(**{f"{job.kind}Name": job.name})[member])
    except (BotoCoreError, ClientError):
        return None
