"""Hyperparameter tuning jobs: trials that are training jobs, several at a time.

Source: SageMaker developer guide, "Perform automatic model tuning"; names of trials and members of
Describe follow public captures.
"""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

from embedded_aws.hyperparameter_search import HyperparameterSearch, Trial
from embedded_aws.sagemaker.errors import UnsupportedInEmbeddedAws, ValidationException
from embedded_aws.sagemaker.job import ENDED, Job, JobFailedError, JobStoppedError, utc_now
from embedded_aws.sagemaker.metrics import METRIC_DEFINITIONS
from embedded_aws.sagemaker.training_job import TrainingJob


class StartTrainingJob(Protocol):
    """Starts a training job and makes it visible to the API."""

    def __call__(self, request: dict[str, Any]) -> TrainingJob:
        """Start it."""


class TuningJob(Job):
    """One run of CreateHyperParameterTuningJob.

    Parameters
    ----------
    request : dict
        CreateHyperParameterTuningJob's members, validated.
    account_id, region : str
        Where it runs.
    start_training_job : callable
        How trials are started.
    """

    kind = "HyperParameterTuningJob"
    resource = "hyper-parameter-tuning-job"

    def __init__(
        self,
        request: dict[str, Any],
        account_id: str,
        region: str,
        start_training_job: StartTrainingJob,
    ):
        super().__init__(request, account_id, region)
        config = request["HyperParameterTuningJobConfig"]
        _refuse_unsupported(request)
        self._start_training_job = start_training_job
        self._limits = config["ResourceLimits"]
        self._objective = config["HyperParameterTuningJobObjective"]
        self._definition = request["TrainingJobDefinition"]
        try:
            # Without a seed the real service is not repeatable; here the seed is then 0.
            self._search = HyperparameterSearch(
                strategy=config["Strategy"],
                parameter_ranges=config.get("ParameterRanges", {}),
                objective_type=self._objective["Type"],
                seed=int(config.get("RandomSeed", 0)),
                max_jobs=self._limits.get("MaxNumberOfTrainingJobs"),
            )
        except ValueError as error:
            raise ValidationException(str(error)) from error
        self.trials: list[TrainingJob] = []
        self._trial_of: dict[str, Trial] = {}
        self.description["TrainingJobDefinition"] = self._described_definition()
        self._count()

    @property
    def _metric_name(self) -> str:
        return str(self._objective["MetricName"])

    def _described_definition(self) -> dict[str, Any]:
        objective = next(d for d in METRIC_DEFINITIONS if d["Name"] == self._metric_name)
        return {
            **self._definition,
            "AlgorithmSpecification": {
                **self._definition["AlgorithmSpecification"],
                "MetricDefinitions": [
                    *METRIC_DEFINITIONS,
                    {"Name": "ObjectiveMetric", "Regex": objective["Regex"]},
                ],
            },
            "StaticHyperParameters": self._static_hyperparameters(),
        }

    def _static_hyperparameters(self) -> dict[str, str]:
        return {
            **self._definition.get("StaticHyperParameters", {}),
            "_tuning_objective_metric": self._metric_name,
        }

    def _run(self) -> None:
        max_jobs = self._search.max_jobs
        running: dict[Future[None], TrainingJob] = {}
        deadline = time.monotonic() + self._limits.get("MaxRuntimeInSeconds", 30 * 86400)
        with ThreadPoolExecutor(self._limits["MaxParallelTrainingJobs"]) as executor:
            try:
                while len(self.trials) < max_jobs or running:
                    while (
                        len(self.trials) < max_jobs
                        and len(running) < self._limits["MaxParallelTrainingJobs"]
                    ):
                        job = self._start_trial()
                        running[executor.submit(job.join)] = job
                    done, _ = wait(running, timeout=0.05, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._finish_trial(running.pop(future))
                    if self.stop_requested.is_set():
                        raise JobStoppedError
                    if time.monotonic() > deadline:
                        raise JobStoppedError("MaxRuntimeExceeded")
            finally:
                for job in running.values():
                    job.stop()
        self._count()
        if not any(trial.status == "Completed" for trial in self.trials):
            raise JobFailedError(
                "All training jobs failed. Please take a look at the training jobs failures to get "
                "more details"
            )

    def _start_trial(self) -> TrainingJob:
        trial = self._search.propose()
        number = len(self.trials) + 1
        token = hashlib.sha256(f"{self.arn}/{number}".encode()).hexdigest()[:8]
        definition = dict(self._definition)
        static = definition.pop("StaticHyperParameters", {})
        definition.pop("RetryStrategy", None)
        job = self._start_training_job(
            {
                **definition,
                "TrainingJobName": f"{self.name}-{number:03d}-{token}",
                "HyperParameters": {
                    **static,
                    **trial.hyperparameters,
                    "_tuning_objective_metric": self._metric_name,
                },
            }
        )
        job.description["TuningJobArn"] = self.arn
        self.trials.append(job)
        self._trial_of[job.name] = trial
        self._count()
        return job

    def _finish_trial(self, job: TrainingJob) -> None:
        completed = job.status == "Completed"
        objective = job.metrics.value(self._metric_name) if completed else None
        self._search.record(self._trial_of[job.name], objective)
        self._count()

    def objective_of(self, job: TrainingJob) -> float | None:
        """Return a trial's objective, if it has ended with one."""
        return job.metrics.value(self._metric_name) if job.status == "Completed" else None

    def summary(self, job: TrainingJob) -> dict[str, Any]:
        """Describe one trial as in BestTrainingJob and the list of a tuning job's trials."""
        described = job.description
        objective = self.objective_of(job)
        found: dict[str, Any] = {
            "TrainingJobName": job.name,
            "TrainingJobArn": job.arn,
            "TuningJobName": self.name,
            "CreationTime": described["CreationTime"],
            "TrainingJobStatus": job.status,
            "TunedHyperParameters": self._trial_of[job.name].hyperparameters,
            "ObjectiveStatus": "Succeeded" if objective is not None else (
                "Failed" if job.status in ENDED else "Pending"
            ),
        }  # fmt: skip
        for key in ("TrainingStartTime", "TrainingEndTime", "FailureReason"):
            if key in described:
                found[key] = described[key]
        if objective is not None:
            found["FinalHyperParameterTuningJobObjectiveMetric"] = {
                "Type": self._objective["Type"],
                "MetricName": self._metric_name,
                "Value": objective,
            }
        return found

    def _count(self) -> None:
        statuses = [trial.status for trial in self.trials]
        objectives = [self.objective_of(trial) for trial in self.trials]
        ended = [status in ENDED for status in statuses]
        self.description["TrainingJobStatusCounters"] = {
            "Completed": statuses.count("Completed"),
            "InProgress": len(ended) - sum(ended),
            "RetryableError": 0,
            "NonRetryableError": statuses.count("Failed"),
            "Stopped": statuses.count("Stopped"),
        }
        succeeded = sum(objective is not None for objective in objectives)
        self.description["ObjectiveStatusCounters"] = {
            "Succeeded": succeeded,
            "Pending": len(ended) - sum(ended),
            "Failed": sum(ended) - succeeded,
        }
        sign = 1 if self._objective["Type"] == "Minimize" else -1
        ranked = [
            (sign * objective, position)
            for position, objective in enumerate(objectives)
            if objective is not None
        ]
        if ranked:
            self.description["BestTrainingJob"] = self.summary(self.trials[min(ranked)[1]])

    def _ended(self, status: str, secondary_status: str) -> None:  # noqa: ARG002
        for trial in self.trials:
            trial.join()
        self._count()
        self.description["HyperParameterTuningEndTime"] = utc_now()


def _refuse_unsupported(request: dict[str, Any]) -> None:
    config = request["HyperParameterTuningJobConfig"]
    if "TrainingJobDefinition" not in request:
        raise UnsupportedInEmbeddedAws("The embedded AWS tunes one TrainingJobDefinition only")
    for member in ("WarmStartConfig", "Autotune"):
        if member in request:
            raise UnsupportedInEmbeddedAws(f"The embedded AWS does not offer {member}")
    if "HyperParameterTuningJobObjective" not in config:
        raise ValidationException("HyperParameterTuningJobObjective is required")
    metric = config["HyperParameterTuningJobObjective"]["MetricName"]
    allowed = [d["Name"] for d in METRIC_DEFINITIONS if d["Name"].startswith("test:")]
    if metric not in allowed:
        raise ValidationException(
            f"The objective metric for the hyperparameter tuning job, [{metric}], isn't valid for "
            f"the algorithm; choose a valid objective metric type from {allowed}."
        )
