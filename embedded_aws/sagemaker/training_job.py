"""Training jobs: channels in, the algorithm's stand-in, model.tar.gz out.

Source of retries: SageMaker API reference, ``RetryStrategy``: a job that fails due to an
InternalServerError is started again, its SecondaryStatus "is changed to STARTING", and the
StoppingCondition limits "the complete job". What is AWS's fault there is here a container that was
killed from outside, and anything that the embedded AWS itself trips over.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from isal import igzip

from embedded_aws.iam.role_sessions import RoleSession
from embedded_aws.job_log import JobLog
from embedded_aws.processor_count import processor_count
from embedded_aws.sagemaker.container import check_pull, run_container, stand_in_for
from embedded_aws.sagemaker.errors import ValidationException
from embedded_aws.sagemaker.job import (
    INTERNAL_SERVER_ERROR,
    Job,
    JobFailedError,
    JobStoppedError,
    internal_server_error,
    utc_now,
)
from embedded_aws.sagemaker.metrics import METRIC_DEFINITIONS, MetricReader
from embedded_aws.sagemaker.storage import Storage
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

log = logging.getLogger(__name__)

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class TrainingJob(Job):
    """One run of CreateTrainingJob.

    Parameters
    ----------
    request : dict
        CreateTrainingJob's members, validated.
    account_id, region : str
        Where it runs.
    n_processors : int, optional
        How many the algorithm may use; None: all there are.
    """

    kind = "TrainingJob"
    resource = "training-job"

    def __init__(
        self,
        request: dict[str, Any],
        account_id: str,
        region: str,
        *,
        n_processors: int | None = None,
    ):
        super().__init__(request, account_id, region)
        check_training_request(request)
        self._n_processors = n_processors or processor_count()
        self._module = stand_in_for(request["AlgorithmSpecification"]["TrainingImage"])
        definitions = [*METRIC_DEFINITIONS]
        self.metrics = MetricReader(definitions)
        self._retries_left = request.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)
        self._transitions: list[dict[str, Any]] = []
        self.description.update(
            {
                "SecondaryStatus": "Starting",
                "SecondaryStatusTransitions": self._transitions,
                "AlgorithmSpecification": {
                    **request["AlgorithmSpecification"],
                    "MetricDefinitions": definitions,
                    "EnableSageMakerMetricsTimeSeries": False,
                },
                "HyperParameters": request.get("HyperParameters", {}),
                "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
                "EnableInterContainerTrafficEncryption": request.get(
                    "EnableInterContainerTrafficEncryption", False
                ),
                "EnableManagedSpotTraining": request.get("EnableManagedSpotTraining", False),
            }
        )
        self._enter("Starting", "Preparing the instances for training")

    @property
    def model_uri(self) -> str:
        """Where the model goes."""
        prefix = self.request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        return f"{prefix}/{self.name}/output/model.tar.gz"

    @property
    def failed_internally(self) -> bool:
        """Whether it failed for a reason for which AWS runs a job again."""
        reason = self.description.get("FailureReason", "")
        return self.status == "Failed" and str(reason).startswith(INTERNAL_SERVER_ERROR)

    def _run(self) -> None:
        limit = self.request["StoppingCondition"].get("MaxRuntimeInSeconds", 86400)
        deadline = time.monotonic() + limit
        self.description["TrainingStartTime"] = utc_now()
        while True:
            try:
                self._attempt(deadline)
                break
            except (JobStoppedError, JobFailedError) as ending:
                if not self._retries_left or not str(ending).startswith(INTERNAL_SERVER_ERROR):
                    raise
                reason = str(ending)
            except Exception as error:  # a bug here is what InternalServerError stands for
                log.exception("the embedded AWS failed in job %s", self.name)
                failure = internal_server_error(repr(error))
                if not self._retries_left:
                    raise failure from error
                reason = str(failure)
            self._retries_left -= 1
            self.metrics = MetricReader(METRIC_DEFINITIONS)
            self._enter("Starting", f"Starting the training job again after {reason}"[:1024])
        self.description["ModelArtifacts"] = {"S3ModelArtifacts": self.model_uri}

    def _attempt(self, deadline: float) -> None:
        session = self.assume(self.request["RoleArn"])
        storage = Storage(self.region, session)
        with _opt_ml() as root:
            self._enter("Downloading", "Downloading input data")
            self._write_config(root)
            for channel in self.request.get("InputDataConfig", []):
                uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
                storage.download_prefix(uri, root / "input" / "data" / channel["ChannelName"])
            image = self.request["AlgorithmSpecification"]["TrainingImage"]
            check_pull(image, session, self.region)
            self._enter("Training", "Training image download completed. Training in progress.")
            self._train(root, deadline, session)
            self._enter("Uploading", "Uploading generated training model")
            archive = root / "model.tar.gz"
            _pack(root / "model", archive)
            storage.upload(archive, self.model_uri)

    def _train(self, root: Path, deadline: float, session: RoleSession) -> None:
        stream = f"{self.name}/algo-1-{int(time.time())}"
        log = JobLog(session, self.region, LOG_GROUP, stream)

        def on_line(line: str) -> None:
            self.metrics.read(line)
            log.write(line)

        exit_code = run_container(
            self._module,
            ["train", "--root", str(root)],
            on_line=on_line,
            stop_requested=self.stop_requested,
            deadline=deadline,
            n_processors=self._n_processors,
        )
        if exit_code != 0:
            failure = root / "output" / "failure"
            reason = failure.read_text(encoding="utf-8") if failure.exists() else ""
            if not reason and exit_code < 0:
                raise internal_server_error(
                    f"We encountered an internal error. Please try again. (the container was "
                    f"killed by signal {-exit_code})"
                )
            raise JobFailedError(reason or f"AlgorithmError: , exit code: {exit_code}")

    def _write_config(self, root: Path) -> None:
        channels = {
            channel["ChannelName"]: {
                "ContentType": channel.get("ContentType", ""),
                "TrainingInputMode": "File",
                "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                    "S3DataDistributionType", "FullyReplicated"
                ),
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            }
            for channel in self.request.get("InputDataConfig", [])
        }
        config = root / "input" / "config"
        for name, content in {
            "hyperparameters.json": self.request.get("HyperParameters", {}),
            "inputdataconfig.json": channels,
            "resourceconfig.json": {
                "current_host": "algo-1",
                "hosts": ["algo-1"],
                "network_interface_name": "eth0",
            },
        }.items():
            (config / name).write_text(json.dumps(content), encoding="utf-8")

    def _enter(self, secondary_status: str, message: str) -> None:
        now = utc_now()
        if self._transitions:
            self._transitions[-1]["EndTime"] = now
        self._transitions.append(
            {"Status": secondary_status, "StartTime": now, "StatusMessage": message}
        )
        self.description["SecondaryStatus"] = secondary_status
        self.description["LastModifiedTime"] = now

    def _ended(self, status: str, secondary_status: str) -> None:
        self._enter(secondary_status, self.description.get("FailureReason", f"Job {status}"))
        now = utc_now()
        self._transitions[-1]["EndTime"] = now
        self.description["TrainingEndTime"] = now
        seconds = round((now - self.description["TrainingStartTime"]).total_seconds())
        # AWS bills whole seconds, at least one.
        self.description["TrainingTimeInSeconds"] = max(1, seconds)
        self.description["BillableTimeInSeconds"] = max(1, seconds)
        self.description["FinalMetricDataList"] = self.metrics.final


def check_training_request(request: dict[str, Any]) -> None:
    """Check CreateTrainingJob's members, or those of a tuning job's TrainingJobDefinition.

    Raises
    ------
    ValidationException
        For what AWS refuses.
    UnsupportedInEmbeddedAws
        By name for what only the embedded AWS cannot do.
    """
    stand_in_for(request["AlgorithmSpecification"].get("TrainingImage", ""))
    algorithm = request["AlgorithmSpecification"]
    if algorithm.get("MetricDefinitions"):
        raise ValidationException("You can't override the metric definitions for Amazon SageMaker "
                                  "algorithms. Please retry the request without specifying metric "
                                  "definitions.")  # fmt: skip
    if algorithm.get("TrainingInputMode", "File") != "File":
        raise UnsupportedInEmbeddedAws("The embedded AWS trains in input mode File only")
    if request.get("ResourceConfig", {}).get("InstanceCount", 1) != 1:
        raise UnsupportedInEmbeddedAws("The embedded AWS trains on one instance only")
    for channel in request.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource", {})
        if source.get("S3DataType") != "S3Prefix":
            raise UnsupportedInEmbeddedAws("The embedded AWS reads channels of type S3Prefix only")


@contextlib.contextmanager
def _opt_ml() -> Iterator[Path]:
    """Make the folders below ``/opt/ml``; remove them in the end."""
    root = Path(tempfile.mkdtemp(prefix="embedded-aws-training-"))
    try:
        for folder in ("input/config", "input/data", "model", "output"):
            (root / folder).mkdir(parents=True)
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _pack(directory: Path, archive: Path) -> None:
    """Write model.tar.gz; equal models give equal bytes inside.

    Trained numbers hardly compress, so this is done fast rather than well.
    """
    with (
        igzip.open(archive, "wb", compresslevel=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                member = tarfile.TarInfo(str(path.relative_to(directory)))
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
