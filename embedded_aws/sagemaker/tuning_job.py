"""Hyperparameter tuning jobs: trials that are training jobs, several at a time.

Source: SageMaker developer guide, "Perform automatic model tuning"; names of trials and members of
Describe follow public captures.

``TrainingJobEarlyStoppingType`` Auto stops a trial whose objective, after an epoch, is worse than
the median of the others. Factorization Machines report their objective once, when they have
finished, so there is never anything to stop, here as on AWS.

What AWS does not document, and was chosen here: a tuning job that ends by a completion criterion,
to which the guide counts ``MaxRuntimeInSeconds``, stops the trials that are running and is
Completed, as one that ends by ``MaxNumberOfTrainingJobs`` is; it is Failed if no trial has
completed by then. Without a ``RandomSeed`` the seed is 0.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

from embedded_aws.hyperparameter_search import (
    DEFAULT_MAX_JOBS,
    HyperparameterSearch,
    KnownResult,
    Trial,
)
from embedded_aws.processor_count import processor_count
from embedded_aws.sagemaker.completion import is_complete, not_improving
from embedded_aws.sagemaker.errors import ValidationException
from embedded_aws.sagemaker.job import ENDED, Job, JobFailedError, JobStoppedError, utc_now
from embedded_aws.sagemaker.metrics import METRIC_DEFINITIONS
from embedded_aws.sagemaker.training_job import TrainingJob
from embedded_aws.sagemaker.tuning_request import check_tuning_request
from embedded_aws.sagemaker.warm_start import check_warm_start, is_identical

_OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"


class StartTrainingJob(Protocol):
    """Starts a training job and makes it visible to the API."""

    def __call__(self, request: dict[str, Any], *, n_processors: int) -> TrainingJob:
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
    parents : sequence of TuningJob
        Those of the request's WarmStartConfig that exist.
    """

    kind = "HyperParameterTuningJob"
    resource = "hyper-parameter-tuning-job"

    def __init__(
        self,
        request: dict[str, Any],
        account_id: str,
        region: str,
        start_training_job: StartTrainingJob,
        parents: Sequence[TuningJob] = (),
    ):
        super().__init__(request, account_id, region)
        check_tuning_request(request)
        check_warm_start(request, parents)
        config = request["HyperParameterTuningJobConfig"]
        self._start_training_job = start_training_job
        self._parents = parents
        self._limits = config["ResourceLimits"]
        self._objective = config["HyperParameterTuningJobObjective"]
        self._criteria = config.get("TuningJobCompletionCriteria", {})
        self._definition = request["TrainingJobDefinition"]
        max_jobs = self._limits.get("MaxNumberOfTrainingJobs")
        if parents and max_jobs is None:
            max_jobs = DEFAULT_MAX_JOBS - sum(len(parent.trials) for parent in parents)
        try:
            self._search = HyperparameterSearch(
                strategy=config["Strategy"],
                parameter_ranges=config.get("ParameterRanges", {}),
                objective_type=self._objective["Type"],
                seed=int(config.get("RandomSeed", 0)),
                max_jobs=max_jobs,
                max_parallel=self._limits["MaxParallelTrainingJobs"],
                known=[result for parent in parents for result in parent.results()],
            )
        except ValueError as error:
            raise ValidationException(str(error)) from error
        self._trials: list[TrainingJob] = []
        self._trial_of: dict[str, Trial] = {}
        self.description["TrainingJobDefinition"] = self._described_definition()
        self._count()

    @property
    def trials(self) -> Sequence[TrainingJob]:
        """Its training jobs, in the order of their numbers."""
        return self._trials

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
        running: dict[Future[None], TrainingJob] = {}
        max_parallel = self._limits["MaxParallelTrainingJobs"]
        deadline = time.monotonic() + self._limits.get("MaxRuntimeInSeconds", 30 * 86400)
        with ThreadPoolExecutor(max_parallel) as executor:
            try:
                while time.monotonic() < deadline and not self._is_complete():
                    while self._search.is_ready and len(running) < max_parallel:
                        job = self._start_trial()
                        running[executor.submit(job.join)] = job
                    if not running:
                        break
                    done, _ = wait(running, timeout=0.05, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._finish_trial(running.pop(future))
                    if self.stop_requested.is_set():
                        raise JobStoppedError
            finally:
                for job in running.values():
                    job.stop()
        statuses = {trial.status for trial in self._trials}
        if statuses == {"Failed"}:
            raise JobFailedError(
                "All training jobs failed. Please take a look at the training jobs failures to get "
                "more details"
            )
        if "Completed" not in statuses:
            raise JobFailedError("No training job completed within MaxRuntimeInSeconds")

    def _is_complete(self) -> bool:
        return is_complete(self._criteria, self._objectives(), self._objective["Type"])

    def _start_trial(self) -> TrainingJob:
        trial = self._search.propose()
        number = len(self._trials) + 1
        token = hashlib.sha256(f"{self.arn}/{number}".encode()).hexdigest()[:8]
        definition = dict(self._definition)
        static = definition.pop("StaticHyperParameters", {})
        definition.pop("DefinitionName", None)
        job = self._start_training_job(
            {
                **definition,
                "TrainingJobName": f"{self.name}-{number:03d}-{token}",
                "HyperParameters": {
                    **static,
                    **trial.hyperparameters,
                    "_tuning_objective_metric": self._metric_name,
                },
            },
            n_processors=max(1, processor_count() // self._limits["MaxParallelTrainingJobs"]),
        )
        job.description["TuningJobArn"] = self.arn
        self._trials.append(job)
        self._trial_of[job.name] = trial
        self._count()
        return job

    def _finish_trial(self, job: TrainingJob) -> None:
        self._search.record(self._trial_of[job.name], self.objective_of(job))
        self._count()

    def objective_of(self, job: TrainingJob) -> float | None:
        """Return a trial's objective, if it has ended with one."""
        return job.metrics.value(self._metric_name) if job.status == "Completed" else None

    def _objectives(self) -> list[float]:
        found = [self.objective_of(trial) for trial in self._trials]
        return [objective for objective in found if objective is not None]

    def results(self) -> list[KnownResult]:
        """Return what this job found out, for those that it is a parent of."""
        return [
            KnownResult(trial.request["HyperParameters"], objective)
            for trial in self._trials
            if (objective := self.objective_of(trial)) is not None
        ]

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
        if "DefinitionName" in self._definition:
            found["TrainingJobDefinitionName"] = self._definition["DefinitionName"]
        for key in ("TrainingStartTime", "TrainingEndTime", "FailureReason"):
            if key in described:
                found[key] = described[key]
        if objective is not None:
            found[_OBJECTIVE] = {
                "Type": self._objective["Type"],
                "MetricName": self._metric_name,
                "Value": objective,
            }
        return found

    def _count(self) -> None:
        statuses = [trial.status for trial in self._trials]
        in_progress = sum(status not in ENDED for status in statuses)
        retryable = sum(trial.failed_internally for trial in self._trials)
        self.description["TrainingJobStatusCounters"] = {
            "Completed": statuses.count("Completed"),
            "InProgress": in_progress,
            "RetryableError": retryable,
            "NonRetryableError": statuses.count("Failed") - retryable,
            "Stopped": statuses.count("Stopped"),
        }
        objectives = self._objectives()
        self.description["ObjectiveStatusCounters"] = {
            "Succeeded": len(objectives),
            "Pending": in_progress,
            "Failed": len(statuses) - in_progress - len(objectives),
        }
        self.description["TuningJobCompletionDetails"] = {
            "NumberOfTrainingJobsObjectiveNotImproving": not_improving(
                objectives, self._objective["Type"]
            )
        }
        seconds = (utc_now() - self.description["CreationTime"]).total_seconds()
        self.description["ConsumedResources"] = {"RuntimeInSeconds": round(seconds)}
        self._find_best()

    def _find_best(self) -> None:
        sign = 1 if self._objective["Type"] == "Minimize" else -1
        found = [
            (sign * objective, position)
            for position, trial in enumerate(self._trials)
            if (objective := self.objective_of(trial)) is not None
        ]
        if found:
            self.description["BestTrainingJob"] = self.summary(self._trials[min(found)[1]])
        if self._parents and is_identical(self.request):
            jobs = (*self._parents, self)
            best = [d for job in jobs if (d := job.description.get("BestTrainingJob"))]
            if best:
                self.description["OverallBestTrainingJob"] = min(
                    best, key=lambda summary: sign * summary[_OBJECTIVE]["Value"]
                )

    def _ended(self, status: str, secondary_status: str) -> None:  # noqa: ARG002
        for trial in self._trials:
            trial.join()
        self._count()
        self.description["HyperParameterTuningEndTime"] = utc_now()
