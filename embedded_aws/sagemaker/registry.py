"""All jobs and models of one account and region, with one method for each operation."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, TypeVar

from embedded_aws.iam.enforcement import require
from embedded_aws.iam.errors import AccessDeniedError, RoleNotAssumableError
from embedded_aws.iam.permissions import Permission
from embedded_aws.iam.role_sessions import SAGEMAKER, assume
from embedded_aws.registry_api import Registries
from embedded_aws.sagemaker.errors import ResourceInUse, ResourceNotFound, ValidationException
from embedded_aws.sagemaker.job import Job, not_assumable, utc_now
from embedded_aws.sagemaker.storage import split_uri
from embedded_aws.sagemaker.training_job import TrainingJob
from embedded_aws.sagemaker.transform_job import TransformJob
from embedded_aws.sagemaker.tuning_job import TuningJob
from embedded_aws.sagemaker.warm_start import parent_names

_JobT = TypeVar("_JobT", bound=Job)
_Parameters = dict[str, Any]


class Registry:
    """SageMaker in one account and region.

    Parameters
    ----------
    account_id, region : str
        Which one.
    """

    def __init__(self, account_id: str, region: str):
        self._account_id = account_id
        self._region = region
        self._lock = threading.RLock()
        self._training: dict[str, TrainingJob] = {}
        self._transform: dict[str, TransformJob] = {}
        self._tuning: dict[str, TuningJob] = {}
        self._models: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, dict[str, str]] = {}

    def stop_all(self) -> None:
        """Stop every running job and wait for its end."""
        jobs: list[Job] = [
            *self._tuning.values(),
            *self._training.values(),
            *self._transform.values(),
        ]
        for job in jobs:
            job.stop()
        for job in jobs:
            job.join(timeout_seconds=15)

    # --- training ---------------------------------------------------------------------------

    def create_training_job(self, parameters: _Parameters) -> dict[str, Any]:
        """CreateTrainingJob."""
        self._check_role(parameters["RoleArn"], "training-job", parameters["TrainingJobName"])
        return {"TrainingJobArn": self._start_training_job(parameters).arn}

    def _start_training_job(
        self, request: _Parameters, *, n_processors: int | None = None
    ) -> TrainingJob:
        job = TrainingJob(request, self._account_id, self._region, n_processors=n_processors)
        return self._start(self._training, job)

    def describe_training_job(self, parameters: _Parameters) -> dict[str, Any]:
        """DescribeTrainingJob."""
        return dict(_find(self._training, parameters["TrainingJobName"]).description)

    def list_training_jobs(self, parameters: _Parameters) -> dict[str, Any]:
        """ListTrainingJobs."""
        keys = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime",
                "LastModifiedTime", "TrainingJobStatus")  # fmt: skip
        return {"TrainingJobSummaries": _summaries(self._training.values(), keys, parameters)}

    def stop_training_job(self, parameters: _Parameters) -> None:
        """StopTrainingJob."""
        _find(self._training, parameters["TrainingJobName"]).stop()

    # --- transform --------------------------------------------------------------------------

    def create_transform_job(self, parameters: _Parameters) -> dict[str, Any]:
        """CreateTransformJob."""
        model = self.describe_model({"ModelName": parameters["ModelName"]})
        job = TransformJob(parameters, self._account_id, self._region, model)
        return {"TransformJobArn": self._start(self._transform, job).arn}

    def describe_transform_job(self, parameters: _Parameters) -> dict[str, Any]:
        """DescribeTransformJob."""
        return dict(_find(self._transform, parameters["TransformJobName"]).description)

    def list_transform_jobs(self, parameters: _Parameters) -> dict[str, Any]:
        """ListTransformJobs."""
        keys = ("TransformJobName", "TransformJobArn", "CreationTime", "TransformEndTime",
                "LastModifiedTime", "TransformJobStatus", "FailureReason")  # fmt: skip
        return {"TransformJobSummaries": _summaries(self._transform.values(), keys, parameters)}

    def stop_transform_job(self, parameters: _Parameters) -> None:
        """StopTransformJob."""
        _find(self._transform, parameters["TransformJobName"]).stop()

    # --- tuning -----------------------------------------------------------------------------

    def create_hyper_parameter_tuning_job(self, parameters: _Parameters) -> dict[str, Any]:
        """CreateHyperParameterTuningJob."""
        job = TuningJob(
            parameters,
            self._account_id,
            self._region,
            self._start_training_job,
            [self._tuning[name] for name in parent_names(parameters) if name in self._tuning],
        )
        self._check_role(parameters["TrainingJobDefinition"]["RoleArn"], job.resource, job.name)
        return {"HyperParameterTuningJobArn": self._start(self._tuning, job).arn}

    def describe_hyper_parameter_tuning_job(self, parameters: _Parameters) -> dict[str, Any]:
        """DescribeHyperParameterTuningJob."""
        return dict(_find(self._tuning, parameters["HyperParameterTuningJobName"]).description)

    def list_hyper_parameter_tuning_jobs(self, parameters: _Parameters) -> dict[str, Any]:
        """ListHyperParameterTuningJobs."""
        keys = ("HyperParameterTuningJobName", "HyperParameterTuningJobArn", "CreationTime",
                "HyperParameterTuningEndTime", "LastModifiedTime", "HyperParameterTuningJobStatus",
                "TrainingJobStatusCounters", "ObjectiveStatusCounters")  # fmt: skip
        found = _summaries(self._tuning.values(), keys, parameters)
        for summary in found:
            request = self._tuning[summary["HyperParameterTuningJobName"]].request
            summary["Strategy"] = request["HyperParameterTuningJobConfig"]["Strategy"]
        return {"HyperParameterTuningJobSummaries": found}

    def list_training_jobs_for_hyper_parameter_tuning_job(
        self, parameters: _Parameters
    ) -> dict[str, Any]:
        """ListTrainingJobsForHyperParameterTuningJob."""
        job = _find(self._tuning, parameters["HyperParameterTuningJobName"])
        return {"TrainingJobSummaries": [job.summary(trial) for trial in list(job.trials)]}

    def stop_hyper_parameter_tuning_job(self, parameters: _Parameters) -> None:
        """StopHyperParameterTuningJob."""
        _find(self._tuning, parameters["HyperParameterTuningJobName"]).stop()

    # --- models and tags --------------------------------------------------------------------

    def create_model(self, parameters: _Parameters) -> dict[str, Any]:
        """CreateModel."""
        name = parameters["ModelName"]
        arn = self._arn("model", name)
        with self._lock:
            if name in self._models:
                raise ValidationException(f'Cannot create already existing model "{arn}".')
            self._check_model_data(parameters, arn)
            description = {k: v for k, v in parameters.items() if k != "Tags"}
            self._models[name] = {**description, "ModelArn": arn, "CreationTime": utc_now()}
            self._tags[arn] = {t["Key"]: t["Value"] for t in parameters.get("Tags", [])}
        return {"ModelArn": arn}

    def describe_model(self, parameters: _Parameters) -> dict[str, Any]:
        """DescribeModel."""
        name = parameters["ModelName"]
        if name not in self._models:
            raise ValidationException(f'Could not find model "{self._arn("model", name)}".')
        return dict(self._models[name])

    def list_models(self, _: _Parameters) -> dict[str, Any]:
        """ListModels."""
        keys = ("ModelName", "ModelArn", "CreationTime")
        return {"Models": [{k: m[k] for k in keys} for m in list(self._models.values())]}

    def delete_model(self, parameters: _Parameters) -> None:
        """DeleteModel."""
        self.describe_model(parameters)
        del self._models[parameters["ModelName"]]

    def add_tags(self, parameters: _Parameters) -> dict[str, Any]:
        """AddTags."""
        tags = self._tags_of(parameters["ResourceArn"])
        tags.update({tag["Key"]: tag["Value"] for tag in parameters["Tags"]})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def list_tags(self, parameters: _Parameters) -> dict[str, Any]:
        """ListTags."""
        tags = self._tags_of(parameters["ResourceArn"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _check_role(self, role_arn: str, resource: str, name: str) -> None:
        try:
            assume(role_arn, SAGEMAKER, name="SageMaker", source_arn=self._arn(resource, name))
        except RoleNotAssumableError as error:
            raise ValidationException(not_assumable(role_arn)) from error

    def _check_model_data(self, parameters: _Parameters, arn: str) -> None:
        """Check that a model's role may read the model, as CreateModel does."""
        role_arn = parameters["ExecutionRoleArn"]
        for container in (parameters.get("PrimaryContainer"), *parameters.get("Containers", [])):
            url = (container or {}).get("ModelDataUrl")
            if not url:
                continue
            try:
                session = assume(role_arn, SAGEMAKER, name="SageMaker", source_arn=arn)
                bucket, key = split_uri(url)
                reading = Permission("s3:GetObject", f"arn:{session.partition}:s3:::{bucket}/{key}")
                require(session, [reading], self._region)
            except (RoleNotAssumableError, AccessDeniedError) as error:
                raise ValidationException(
                    f"Could not access model data at {url}. Please ensure that the role "
                    f'"{role_arn}" exists and that its trust relationship policy allows the '
                    f'action "sts:AssumeRole" for the service principal "{SAGEMAKER}". Also '
                    "ensure that "
                    'the role has "s3:GetObject" permissions and that the object is located in '
                    f"{self._region}."
                ) from error

    def _tags_of(self, arn: str) -> dict[str, str]:
        if arn not in self._tags:
            raise ResourceNotFound(f"Requested resource {arn} not found.")
        return self._tags[arn]

    def _arn(self, resource: str, name: str) -> str:
        return f"arn:aws:sagemaker:{self._region}:{self._account_id}:{resource}/{name}"

    def _start(self, jobs: dict[str, _JobT], job: _JobT) -> _JobT:
        with self._lock:
            if job.name in jobs:
                what = job.resource.replace("-", " ").capitalize()
                raise ResourceInUse(
                    f"{what} names must be unique within an AWS account and region, and a "
                    f"{what.lower()} with this name already exists ({job.arn})"
                )
            jobs[job.name] = job
            self._tags[job.arn] = job.tags
        job.start()
        return job


def _find(jobs: dict[str, _JobT], name: str) -> _JobT:
    job = jobs.get(name)
    if job is None:
        raise ResourceNotFound(f"Requested resource not found: {name}")
    return job


def _newest_first(jobs: Iterable[_JobT]) -> list[_JobT]:
    return sorted(jobs, key=lambda job: job.description["CreationTime"], reverse=True)


def _summaries(
    jobs: Iterable[Job], keys: tuple[str, ...], parameters: _Parameters
) -> list[dict[str, Any]]:
    """Newest first, filtered by status and name as the List operations do."""
    return [
        {key: job.description[key] for key in keys if key in job.description}
        for job in _newest_first(jobs)
        if parameters.get("StatusEquals") in (None, job.status)
        and parameters.get("NameContains", "") in job.name
    ]


registries = Registries(Registry)
