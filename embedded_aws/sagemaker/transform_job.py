"""Batch transform jobs: every object of a prefix through the model, one output object each.

Source: SageMaker developer guide, "Use batch transform"; the output's name is the input's with
``.out`` appended. A file that fails has no output, the others are still written, the job fails.
``AssembleWith: Line`` adds a line feed to each response that has none at its end; whether the real
service adds one to JSON Lines is not documented.
"""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

from embedded_aws.iam.role_sessions import RoleSession
from embedded_aws.job_log import JobLog
from embedded_aws.sagemaker.container import check_pull, run_container, stand_in_for
from embedded_aws.sagemaker.job import Job, JobFailedError, utc_now
from embedded_aws.sagemaker.payloads import (
    MIB,
    PayloadError,
    check_split_type,
    decompress,
    requests_of,
)
from embedded_aws.sagemaker.storage import Storage, split_uri
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

LOG_GROUP = "/aws/sagemaker/TransformJobs"
# A gzipped object may not inflate to more.
_MAX_INFLATED_BYTES = 5 * 1024 * MIB


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
        self._image = container["Image"]
        self._role_arn = model["ExecutionRoleArn"]
        self._model_uri = container["ModelDataUrl"]
        _refuse_unsupported(request)

    def _run(self) -> None:
        self.description["TransformStartTime"] = utc_now()
        session = self.assume(self._role_arn)
        check_pull(self._image, session, self.region)
        storage = Storage(self.region, session)
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
            self._transform(root, files, session)
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
        except (EOFError, OSError, tarfile.TarError, zlib.error) as error:
            raise JobFailedError(
                f"ClientError: cannot unpack {self._model_uri}: {error}"
            ) from error

    def _transform(
        self, root: Path, files: dict[str, tuple[Path, Path]], session: RoleSession
    ) -> None:
        """Run all files through one process; a file that fails gets no result."""
        log = JobLog(session, self.region, LOG_GROUP, f"{self.name}/algo-1-{int(time.time())}")
        log.write(self._service_line())
        arguments = ["transform", "--root", str(root)]
        requests = {}
        for key, (source, result) in files.items():
            try:
                requests[source.name] = self._requests_of(source)
            except PayloadError as error:
                log.write(f"{key}: {error}")
            else:
                arguments += ["--input", str(source), "--output", str(result)]
        if not requests:
            return
        (root / "requests.json").write_text(json.dumps(requests), encoding="utf-8")
        arguments += ["--requests", str(root / "requests.json")]
        output = self.request["TransformOutput"]
        arguments += ["--accept", output.get("Accept") or _DEFAULT_ACCEPT]
        if output.get("AssembleWith", "None") == "Line":
            arguments.append("--assemble-with-line-feeds")
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

    def _requests_of(self, source: Path) -> list[tuple[int, int]]:
        """Cut a file into requests; a compressed one is decompressed first."""
        described = self.request["TransformInput"]
        content = source.read_bytes()
        if described.get("CompressionType", "None") == "Gzip":
            content = decompress(content, max_bytes=_MAX_INFLATED_BYTES)
            source.write_bytes(content)
        return requests_of(
            content,
            split_type=described.get("SplitType", "None"),
            strategy=self.request.get("BatchStrategy", "MultiRecord"),
            max_bytes=self._max_payload_mb * MIB,
        )

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
    compression = request["TransformInput"].get("CompressionType", "None")
    if compression not in ("None", "Gzip"):
        raise UnsupportedInEmbeddedAws(f"The embedded AWS does not read {compression}")
    check_split_type(request["TransformInput"].get("SplitType", "None"))
