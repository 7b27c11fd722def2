"""All jobs and runs of one account and region, with one method for each operation.

Not documented, and chosen here: the messages, where nobody reports the real ones; that a job keeps
its tags when it is updated; that a run which is out of time is not tried again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from embedded_aws.errors import SparkMissingError
from embedded_aws.glue.errors import (
    AlreadyExistsException,
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    IdempotentParameterMismatchException,
    InvalidInputException,
)
from embedded_aws.glue.job import Job, check_settings
from embedded_aws.glue.job_run import JobRun
from embedded_aws.registry_api import Registries
from embedded_aws.spark_runtime import check_spark
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

_Parameters = dict[str, Any]
_PAGE = 100
_STOP_SECONDS = 15.0


class Registry:
    """Glue in one account and region.

    Parameters
    ----------
    account_id, region : str
        Which one.
    """

    def __init__(self, account_id: str, region: str):
        self._account_id = account_id
        self._region = region
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._runs: dict[str, JobRun] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._closed = False

    def stop_all(self) -> None:
        """Stop every run, let none be tried again, and wait for their ends."""
        with self._lock:
            self._closed = True
            runs = list(self._runs.values())
        for run in runs:
            run.stop()
        for run in runs:
            run.join(_STOP_SECONDS)

    # --- jobs -------------------------------------------------------------------------------

    def create_job(self, parameters: _Parameters) -> dict[str, Any]:
        """CreateJob.

        Which of the two errors Glue has for a name that is taken is not documented; people report
        the first one.
        """
        job = Job(parameters, self._account_id, self._region)
        with self._lock:
            existing = self._jobs.get(job.name)
            if existing is not None and existing.request != job.request:
                raise IdempotentParameterMismatchException(
                    f"Job with name:{job.name} already submitted with different configuration"
                )
            if existing is not None:
                raise AlreadyExistsException(f"Job with name:{job.name} already exists")
            self._jobs[job.name] = job
            self._tags[job.arn] = dict(parameters.get("Tags", {}))
        return {"Name": job.name}

    def update_job(self, parameters: _Parameters) -> dict[str, Any]:
        """UpdateJob: the update replaces the whole definition."""
        before = self._job(parameters["JobName"])
        update = parameters["JobUpdate"]
        for name in ("Role", "Command"):
            if name not in update:
                raise InvalidInputException(f"JobUpdate.{name}: expected a value, found none")
        job = Job({**update, "Name": before.name}, self._account_id, self._region)
        job.description["CreatedOn"] = before.description["CreatedOn"]
        with self._lock:
            self._jobs[job.name] = job
        return {"JobName": job.name}

    def delete_job(self, parameters: _Parameters) -> dict[str, Any]:
        """DeleteJob: no error if there is none; its runs go on."""
        with self._lock:
            job = self._jobs.pop(parameters["JobName"], None)
            if job is not None:
                self._tags.pop(job.arn)
        return {"JobName": parameters["JobName"]}

    def get_job(self, parameters: _Parameters) -> dict[str, Any]:
        """GetJob."""
        return {"Job": dict(self._job(parameters["JobName"]).description)}

    def get_jobs(self, parameters: _Parameters) -> dict[str, Any]:
        """GetJobs."""
        jobs = [dict(job.description) for job in list(self._jobs.values())]
        return _page("Jobs", jobs, parameters)

    def list_jobs(self, parameters: _Parameters) -> dict[str, Any]:
        """ListJobs: those that have all tags that are asked for."""
        wanted = parameters.get("Tags", {}).items()
        names = [
            job.name for job in list(self._jobs.values()) if wanted <= self._tags[job.arn].items()
        ]
        return _page("JobNames", names, parameters)

    # --- runs -------------------------------------------------------------------------------

    def start_job_run(self, parameters: _Parameters) -> dict[str, Any]:
        """StartJobRun."""
        name = parameters["JobName"]
        if name not in self._jobs:
            raise EntityNotFoundException("Failed to start job run due to missing metadata")
        job = self._job(name)
        if "JobRunId" in parameters or "ExecutionRoleSessionPolicy" in parameters:
            raise UnsupportedInEmbeddedAws(
                "The embedded AWS starts runs without JobRunId and ExecutionRoleSessionPolicy only"
            )
        check_settings(parameters, job.arguments(parameters.get("Arguments", {})))
        job.assume_role()
        try:
            check_spark()
        except SparkMissingError as error:
            raise UnsupportedInEmbeddedAws(
                f'Glue job runs need Spark here. {error}; or start with "preparation": "lambda"'
            ) from error
        return {"JobRunId": self._start(JobRun(job, parameters, self._region)).id}

    def _start(self, run: JobRun) -> JobRun:
        with self._lock:
            most = run.job.description["ExecutionProperty"].get("MaxConcurrentRuns", 1)
            under_way = [r for r in self._runs_of(run.job.name) if not r.has_ended]
            if len(under_way) >= most:
                raise ConcurrentRunsExceededException(
                    f"Concurrent runs exceeded for {run.job.name}"
                )
            self._runs[run.id] = run
        run.start(on_end=self._retry)
        return run

    def _retry(self, run: JobRun) -> None:
        """Run again what failed, as often as the job says; a retry is a run of its own."""
        retries = run.job.description["MaxRetries"]
        with self._lock:
            if self._closed or run.state != "FAILED" or run.attempt >= retries:
                return
            again = JobRun(run.job, run.request, self._region, previous=run)
            self._runs[again.id] = again
        again.start(on_end=self._retry)

    def get_job_run(self, parameters: _Parameters) -> dict[str, Any]:
        """GetJobRun."""
        return {"JobRun": self._run(parameters["JobName"], parameters["RunId"]).description()}

    def get_job_runs(self, parameters: _Parameters) -> dict[str, Any]:
        """GetJobRuns, the newest first."""
        self._job(parameters["JobName"])
        runs = sorted(self._runs_of(parameters["JobName"]), key=lambda r: r.started_on)
        return _page("JobRuns", [run.description() for run in reversed(runs)], parameters)

    def batch_stop_job_run(self, parameters: _Parameters) -> dict[str, Any]:
        """BatchStopJobRun: says of each run whether it will be stopped."""
        name = parameters["JobName"]
        stopped, errors = [], []
        for run_id in parameters["JobRunIds"]:
            entry = {"JobName": name, "JobRunId": run_id}
            try:
                run = self._run(name, run_id)
            except EntityNotFoundException as error:
                code, message = error.code, str(error)
            else:
                if run.stop():
                    stopped.append(entry)
                    continue
                code = "JobRunInTerminalStateException"
                message = f"Job Run {run_id} is in terminal state {run.state}"
            errors.append({**entry, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": message}})
        return {"SuccessfulSubmissions": stopped, "Errors": errors}

    # --- tags -------------------------------------------------------------------------------

    def tag_resource(self, parameters: _Parameters) -> dict[str, Any]:
        """TagResource."""
        self._tags_of(parameters).update(parameters["TagsToAdd"])
        return {}

    def untag_resource(self, parameters: _Parameters) -> dict[str, Any]:
        """UntagResource."""
        tags = self._tags_of(parameters)
        for key in parameters["TagsToRemove"]:
            tags.pop(key, None)
        return {}

    def get_tags(self, parameters: _Parameters) -> dict[str, Any]:
        """GetTags."""
        return {"Tags": dict(self._tags_of(parameters))}

    # --- what there is ----------------------------------------------------------------------

    def _job(self, name: str) -> Job:
        job = self._jobs.get(name)
        if job is None:
            raise EntityNotFoundException(f"Job {name} not found.")
        return job

    def _run(self, job_name: str, run_id: str) -> JobRun:
        run = self._runs.get(run_id)
        if run is None or run.job.name != job_name:
            raise EntityNotFoundException(f"Job Run {run_id} of job {job_name} not found.")
        return run

    def _runs_of(self, job_name: str) -> list[JobRun]:
        return [run for run in list(self._runs.values()) if run.job.name == job_name]

    def _tags_of(self, parameters: _Parameters) -> dict[str, str]:
        arn = parameters["ResourceArn"]
        if arn not in self._tags:
            raise EntityNotFoundException(f"Entity {arn} not found.")
        return self._tags[arn]


def _page(member: str, items: Sequence[Any], parameters: _Parameters) -> dict[str, Any]:
    first = int(parameters.get("NextToken") or 0)
    last = first + int(parameters.get("MaxResults", _PAGE))
    more = {"NextToken": str(last)} if last < len(items) else {}
    return {member: items[first:last], **more}


registries = Registries(Registry)
