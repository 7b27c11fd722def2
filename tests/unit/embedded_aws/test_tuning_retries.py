"""Training jobs that AWS would run again: only those that failed by an InternalServerError."""

from typing import Any

import pytest

import embedded_aws.fixes  # noqa: F401 - loads the packages that import each other
from embedded_aws.sagemaker.job import JobFailedError, JobStoppedError
from embedded_aws.sagemaker.training_job import TrainingJob

REQUEST = {
    "TrainingJobName": "job",
    "AlgorithmSpecification": {
        "TrainingImage": "1.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1",
        "TrainingInputMode": "File",
    },
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/models/"},
    "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
LOST = JobFailedError("InternalServerError: We encountered an internal error.")


class FailingJob(TrainingJob):
    """Its attempts end as told, the last one well."""

    def __init__(self, *failures: Exception, retries: int | None = None):
        strategy = {} if retries is None else {"RetryStrategy": {"MaximumRetryAttempts": retries}}
        super().__init__({**REQUEST, **strategy}, "123456789012", "us-east-1")
        self.failures = list(failures)
        self.deadlines: set[float] = set()
        self.attempts = 0

    def _attempt(self, deadline: float) -> None:
        self.attempts += 1
        self.deadlines.add(deadline)
        self.metrics.read(f"#quality_metric: host=algo-1, test rmse <loss>={self.attempts}")
        if self.failures:
            self.metrics.read("#quality_metric: host=algo-1, test mse <loss>=1.0")
            raise self.failures.pop(0)

    def ended(self) -> dict[str, Any]:
        self.start()
        self.join(10)
        return self.description


def test_a_job_is_run_again_as_often_as_its_strategy_says() -> None:
    job = FailingJob(LOST, LOST, retries=2)

    described = job.ended()

    assert described["TrainingJobStatus"] == "Completed"
    assert job.attempts == 3
    assert "FailureReason" not in described
    assert [t["Status"] for t in described["SecondaryStatusTransitions"]] == [
        "Starting",
        "Starting",
        "Starting",
        "Completed",
    ]
    again = described["SecondaryStatusTransitions"][1]["StatusMessage"]
    assert again.startswith("Starting the training job again after InternalServerError: We enc")
    assert len(job.deadlines) == 1  # MaxRuntimeInSeconds is for all attempts together


def test_metrics_are_those_of_the_last_attempt() -> None:
    described = FailingJob(LOST, retries=1).ended()

    assert [(m["MetricName"], m["Value"]) for m in described["FinalMetricDataList"]] == [
        ("test:rmse", 2.0)
    ]


@pytest.mark.parametrize(("retries", "attempts"), [(None, 1), (1, 2), (2, 3)])
def test_a_job_fails_in_the_end(retries: int | None, attempts: int) -> None:
    job = FailingJob(*[LOST] * 9, retries=retries)

    described = job.ended()

    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"] == str(LOST)
    assert job.attempts == attempts
    assert job.failed_internally


def test_a_fault_of_the_embedded_aws_is_an_internal_error() -> None:
    assert FailingJob(OSError("disk full"), retries=1).ended()["TrainingJobStatus"] == "Completed"
    described = FailingJob(OSError("disk full")).ended()
    assert described["FailureReason"] == "InternalServerError: OSError('disk full')"


@pytest.mark.parametrize("reason", ["ClientError: bad epochs", "AlgorithmError: , exit code: 1"])
def test_other_failures_are_never_tried_again(reason: str) -> None:
    job = FailingJob(JobFailedError(reason), retries=5)

    assert job.ended()["FailureReason"] == reason
    assert job.attempts == 1
    assert not job.failed_internally


def test_a_stopped_job_is_not_tried_again() -> None:
    job = FailingJob(JobStoppedError("MaxRuntimeExceeded"), retries=5)

    described = job.ended()

    assert (job.attempts, described["SecondaryStatus"]) == (1, "MaxRuntimeExceeded")
