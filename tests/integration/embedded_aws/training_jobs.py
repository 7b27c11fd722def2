"""What tests of training and of tuning jobs share: channels, requests, waiting."""

import time
from typing import Any

import numpy as np
from scipy import sparse

from embedded_aws.server import EmbeddedAws
from recommender import recordio
from tests.integration.embedded_aws.conftest import ROLE_ARN

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1"
Array = np.ndarray[Any, Any]


def put_channel(
    aws: EmbeddedAws, bucket: str, channel: str, columns: Array, ratings: Array, n_columns: int
) -> None:
    """Upload one-hot rows as RecordIO; `columns` has shape (n_rows, 2)."""
    features = sparse.csr_matrix(
        (
            np.ones(columns.size, np.float32),
            columns.ravel(),
            np.arange(0, columns.size + 1, columns.shape[1]),
        ),
        shape=(len(columns), n_columns),
    )
    body = recordio.encode(features, ratings.astype(np.float32))
    aws.client("s3").put_object(Bucket=bucket, Key=f"{channel}/part-00000.pbr", Body=body)


def job_members(bucket: str) -> dict[str, Any]:
    """Give what a training job and a tuning job's definition have in common."""
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": ROLE_ARN,
        "InputDataConfig": [
            {
                "ChannelName": channel,
                "ContentType": "application/x-recordio-protobuf",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"s3://{bucket}/{channel}/",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for channel in ("train", "test")
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models/"},
        "ResourceConfig": {
            "InstanceType": "ml.c5.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def wait(aws: EmbeddedAws, name: str, kind: str = "training_job") -> dict[str, Any]:
    """Wait for a job's end and describe it."""
    key = "".join(word.capitalize() for word in kind.split("_"))
    for _ in range(1200):
        described: dict[str, Any] = getattr(aws.client("sagemaker"), f"describe_{kind}")(
            **{f"{key}Name": name}
        )
        if described[f"{key}Status"] in ("Completed", "Failed", "Stopped"):
            return described
        time.sleep(0.05)
    raise AssertionError(f"{name} did not end in 60 s")
