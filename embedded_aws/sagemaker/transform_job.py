"""Batch transform jobs: every object of a prefix through the model, one output object each.

Source: SageMaker developer guide, "Use batch transform"; the output's name is the input's with
``.out`` appended. A file that fails has no output, the others are still written, the job fails.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from embedded_aws.sagemaker.container import run_container, stand_in_for
from embedded_aws.sagemaker.errors import UnsupportedInEmbeddedAws
from embedded_aws.sagemaker.job import Job, JobFailedError, utc_now
from embedded_aws.sagemaker.job_log import JobLog
from embedded_aws.sagemaker.storage import Storage, split_uri

LOG_GROUP = "/aws/sagemaker/TransformJobs"
_MIB = 1024 * 1024


class TransformJob(Job):
    """One run of CreateTransformJob.

    Parameters
    ----------
    request : dict
        CreateTransformJob's members, validated.
    account_id, region : str
        Where it runs.
    model : dict
        DescribeModel's answer for the request's model.
    """

    kind = "TransformJob"
    resource = "transform-job"

    def __init__(
        self, request: dict[str, Any], account_id: str, region: str, model: dict[str, Any]
    ):
        super().__init__(request, account_id, region)
        container = model["PrimaryContainer"]
        self._module = stand_in_for(container["Image"])
        self._model_uri = container["ModelDataUrl"]
        _refuse_unsupported(request)

    def _run(self) -> None:
        self.description["TransformStartTime"] = utc_now()
        storage = Storage(self.region)
        input_uri = self.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        bucket, prefix = split_uri(input_uri)
        folder = prefix[: prefix.rfind("/") + 1]
        output_prefix = self.request["TransformOutput"]["S3OutputPath"].rstrip("/")
        root = Path(tempfile.mkdtemp(prefix="embedded-aws-transform-"))
        try:
            self._load_model(storage, root)
            files = {}
            for number, key in enumerate(storage.keys_under(input_uri)):
                files[key] = root / f"input-{number}", root / f"output-{number}"
                storage.download(f"s3://{bucket}/{key}", files[key][0])
            self._transform(root, files)
            for key, (_, result) in files.items():
                if result.exists():
                    storage.upload(result, f"{output_prefix}/{key.removeprefix(folder)}.out")
            failed = [key for key, (_, result) in files.items() if not result.exists()]
        finally:
            shutil.rmtree(root, ignore_errors=True)
        if failed:
            raise JobFailedError(
                "AlgorithmError: See job logs for more information: unable to evaluate payload "
                f"provided for {', '.join(failed)}"
            )

    def _load_model(self, storage: Storage, root: Path) -> None:
        archive = root / "model.tar.gz"
        storage.download(self._model_uri, archive)
        (root / "model").mkdir()
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(root / "model", filter="data")
        except tarfile.TarError as error:
            raise JobFailedError(
                f"ClientError: cannot unpack {self._model_uri}: {error}"
            ) from error

    def _transform(self, root: Path, files: dict[str, tuple[Path, Path]]) -> None:
        """Run all files through one process; a file that fails gets no result."""
        log = JobLog(
            self.account_id, self.region, LOG_GROUP, f"{self.name}/algo-1-{int(time.time())}"
        )
        log.write(self._service_line())
        arguments = ["transform", "--root", str(root)]
        for key, (source, result) in files.items():
            if self._fits_one_request(source):
                arguments += ["--input", str(source), "--output", str(result)]
            else:
                limit = f"MaxPayloadInMB={self._max_payload_mb}"
                log.write(f"{key}: payload of {source.stat().st_size} bytes exceeds {limit}")
        if "--input" not in arguments:
            return
        arguments += ["--accept", self.request["TransformOutput"].get("Accept") or _DEFAULT_ACCEPT]
        content_type = self.request["TransformInput"].get("ContentType")
        if content_type:
            arguments += ["--content-type", content_type]
        run_container(
            self._module, arguments, on_line=log.write, stop_requested=self.stop_requested
        )

    def _service_line(self) -> str:
        """First line of a real transform job's log, as seen in public notebooks."""
        strategy = {"SingleRecord": "SINGLE_RECORD"}.get(
            self.request.get("BatchStrategy", "MultiRecord"), "MULTI_RECORD"
        )
        return (
            f"{utc_now():%Y-%m-%dT%H:%M:%S}.000:[sagemaker logs]: MaxConcurrentTransforms=1, "
            f"MaxPayloadInMB={self._max_payload_mb}, BatchStrategy={strategy}"
        )

    @property
    def _max_payload_mb(self) -> int:
        return int(self.request.get("MaxPayloadInMB", 6))

    def _fits_one_request(self, source: Path) -> bool:
        """Without a split type a whole file is one request."""
        split = self.request["TransformInput"].get("SplitType", "None") != "None"
        return split or source.stat().st_size <= self._max_payload_mb * _MIB

    def _ended(self, status: str, secondary_status: str) -> None:  # noqa: ARG002
        self.description["TransformEndTime"] = utc_now()


# Batch transform of Factorization Machines without Accept gives JSON Lines, as seen in public
# notebooks that parse its outputs line by line.
_DEFAULT_ACCEPT = "application/jsonlines"


def _refuse_unsupported(request: dict[str, Any]) -> None:
    if request["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"] != "S3Prefix":
        raise UnsupportedInEmbeddedAws("The embedded AWS transforms objects of an S3Prefix only")
    if request.get("DataProcessing"):
        raise UnsupportedInEmbeddedAws("The embedded AWS does not join or filter (DataProcessing)")
    if request["TransformInput"].get("CompressionType", "None") != "None":
        raise UnsupportedInEmbeddedAws("The embedded AWS transforms uncompressed objects only")
