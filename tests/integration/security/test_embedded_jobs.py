"""Archives that would write outside a job's or a function's own folder."""

import io
import tarfile
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.lambda_runtime.pool import WorkerPool
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN, make_role
from tests.integration.embedded_aws.training_jobs import IMAGE, job_members, wait

BUCKET = "models"


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        make_role(embedded)
        embedded.client("s3").create_bucket(Bucket=BUCKET)
        yield embedded


@pytest.fixture
def code_pool() -> Iterator[WorkerPool]:
    pool = WorkerPool()
    yield pool
    pool.close()


@pytest.mark.parametrize("name", ["../escaped.py", "a/../../escaped.py", "/escaped.py"])
def test_code_of_a_function_stays_in_its_folder(code_pool: WorkerPool, name: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr(name, "x = 1")

    folder = code_pool.code_directory("sha", archive.getvalue())

    (written,) = folder.rglob("*.py")
    assert written.resolve().is_relative_to(folder.resolve())
    assert not list(folder.parent.glob("*.py"))
    assert not Path("/escaped.py").exists()


def transform(aws: EmbeddedAws, archive: bytes) -> dict[str, Any]:
    """Run a batch transform with a model archive; return its description."""
    name = f"security-{uuid.uuid4().hex[:8]}"
    aws.client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=archive)
    aws.client("s3").put_object(Bucket=BUCKET, Key="in/rows", Body=b"x")
    aws.client("sagemaker").create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE_ARN,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"},
    )
    location = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}
    aws.client("sagemaker").create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={
            "DataSource": {"S3DataSource": location},
            "ContentType": "application/x-recordio-protobuf",
            "SplitType": "RecordIO",
        },
        TransformOutput={
            "S3OutputPath": f"s3://{BUCKET}/out/",
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
        },
        TransformResources={"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
    )
    return wait(aws, name, "transform_job")


@pytest.mark.parametrize(
    ("name", "link"), [("../escaped", None), ("link", "/etc"), ("link", "../..")]
)
def test_model_archive_that_leaves_its_folder_fails_the_job(
    aws: EmbeddedAws, name: str, link: str | None
) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        if link is None:
            member.size = 1
        else:
            member.type, member.linkname = tarfile.SYMTYPE, link
        tar.addfile(member, io.BytesIO(b"x"))

    described = transform(aws, out.getvalue())

    assert described["TransformJobStatus"] == "Failed"
    assert "cannot unpack" in described["FailureReason"]
    assert "outside the destination" in described["FailureReason"] or link == "/etc"


def test_object_key_that_leaves_its_channels_folder_fails_the_job(
    aws: EmbeddedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    key = "train/../../../../../escaped"  # from root/input/data/train, beside the job's root
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")
    name = f"security-{uuid.uuid4().hex[:8]}"
    request = job_members(BUCKET)
    aws.client("sagemaker").create_training_job(
        TrainingJobName=name,
        HyperParameters={"feature_dim": "2", "num_factors": "2", "predictor_type": "regressor"},
        **{**request, "InputDataConfig": request["InputDataConfig"][:1]},
    )

    described = wait(aws, name)

    assert described["TrainingJobStatus"] == "Failed"
    assert "leads outside the channel's folder" in described["FailureReason"]
    assert not list(tmp_path.rglob("escaped"))
