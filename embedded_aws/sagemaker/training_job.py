"""Training jobs: channels in, the algorithm's stand-in, model.tar.gz out."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embedded_aws.sagemaker.container import run_container, stand_in_for
from embedded_aws.sagemaker.errors import UnsupportedInEmbeddedAws, ValidationException
from embedded_aws.sagemaker.job import Job, JobFailedError, utc_now
from embedded_aws.sagemaker.job_log import JobLog
from embedded_aws.sagemaker.metrics import METRIC_DEFINITIONS, MetricReader
from embedded_aws.sagemaker.storage import Storage

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class TrainingJob(Job):
    """One run of CreateTrainingJob.

    Parameters
    ----------
    request : dict
        CreateTrainingJob's members, validated.
    account_id, region : str
        Where it runs.
    """

    kind = "TrainingJob"
    resource = "training-job"

    def __init__(self, request: dict[str, Any], account_id: str, region: str):
        super().__init__(request, account_id, region)
        _refuse_unsupported(request)
        self._module = stand_in_for(request["AlgorithmSpecification"]["TrainingImage"])
        definitions = [*METRIC_DEFINITIONS]
        self.metrics = MetricReader(definitions)
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

    def _run(self) -> None:
        started = time.monotonic()
        deadline = started + self.request["StoppingCondition"].get("MaxRuntimeInSeconds", 86400)
        storage = Storage(self.region)
        self.description["TrainingStartTime"] = utc_now()
        with _opt_ml() as root:
            self._enter("Downloading", "Downloading input data")
            self._write_config(root)
            for channel in self.request.get("InputDataConfig", []):
                uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
                storage.download_prefix(uri, root / "input" / "data" / channel["ChannelName"])
            self._enter("Training", "Training image download completed. Training in progress.")
            self._train(root, deadline)
            self._enter("Uploading", "Uploading generated training model")
            archive = root / "model.tar.gz"
            _pack(root / "model", archive)
            storage.upload(archive, self.model_uri)
        self.description["ModelArtifacts"] = {"S3ModelArtifacts": self.model_uri}

    def _train(self, root: Path, deadline: float) -> None:
        stream = f"{self.name}/algo-1-{int(time.time())}"
        log = JobLog(self.account_id, self.region, LOG_GROUP, stream)

        def on_line(line: str) -> None:
            self.metrics.read(line)
            log.write(line)

        exit_code = run_container(
            self._module,
            ["train", "--root", str(root)],
            on_line=on_line,
            stop_requested=self.stop_requested,
            deadline=deadline,
        )
        if exit_code != 0:
            failure = root / "output" / "failure"
            reason = failure.read_text(encoding="utf-8") if failure.exists() else ""
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


def _refuse_unsupported(request: dict[str, Any]) -> None:
    """Fail for what AWS refuses, and by name for what only the embedded AWS cannot do."""
    algorithm = request["AlgorithmSpecification"]
    if algorithm.get("MetricDefinitions"):
        raise ValidationException("You can't override the metric definitions for Amazon SageMaker "
                                  "algorithms. Please retry the request without specifying metric "
                                  "definitions.")  # fmt: skip
    if algorithm.get("TrainingInputMode", "File") != "File":
        raise UnsupportedInEmbeddedAws("The embedded AWS trains in input mode File only")
    if request["ResourceConfig"].get("InstanceCount", 1) != 1:
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
    """Write model.tar.gz; equal models give equal bytes inside."""
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                member = tarfile.TarInfo(str(path.relative_to(directory)))
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
