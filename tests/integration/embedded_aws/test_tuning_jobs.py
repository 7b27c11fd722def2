"""What tuning and training jobs do when containers die, and when they build on earlier jobs."""

import os
import signal
import subprocess
import time
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from embedded_aws.server import EmbeddedAws
from recommender import recordio
from tests.integration.embedded_aws.conftest import ROLE_ARN

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1"
BUCKET = "tuning-bucket"
N_USERS, N_ITEMS = 30, 20


@pytest.fixture(scope="module", autouse=True)
def ratings(aws: EmbeddedAws) -> None:
    """Upload ratings that depend on the customer and the video alone."""
    rng = np.random.default_rng(7)
    users, items = (a.ravel() for a in np.meshgrid(range(N_USERS), range(N_ITEMS), indexing="ij"))
    ratings = 3 + rng.normal(size=N_USERS)[users] + rng.normal(size=N_ITEMS)[items]
    order = rng.permutation(len(ratings))
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for channel, rows in {"train": order[:500], "test": order[500:]}.items():
        columns = np.column_stack([users[rows], N_USERS + items[rows]]).ravel()
        features = sparse.csr_matrix(
            (np.ones(len(columns), np.float32), columns, np.arange(0, len(columns) + 1, 2)),
            shape=(len(rows), N_USERS + N_ITEMS),
        )
        body = recordio.encode(features, ratings[rows].astype(np.float32))
        s3.put_object(Bucket=BUCKET, Key=f"{channel}/part-00000.pbr", Body=body)


def definition(**more: Any) -> dict[str, Any]:
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
                        "S3Uri": f"s3://{BUCKET}/{channel}/",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for channel in ("train", "test")
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models/"},
        "ResourceConfig": {
            "InstanceType": "ml.c5.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **more,
    }


def hyperparameters(**more: str) -> dict[str, str]:
    return {
        "feature_dim": str(N_USERS + N_ITEMS),
        "num_factors": "2",
        "predictor_type": "regressor",
        "epochs": "40",
        "mini_batch_size": "50",
        **more,
    }


def tuning_request(name: str, low: str, high: str, **config: Any) -> dict[str, Any]:
    lr = {"Name": "linear_lr", "MinValue": low, "MaxValue": high, "ScalingType": "Logarithmic"}
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "test:rmse"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"ContinuousParameterRanges": [lr]},
            **config,
        },
        "TrainingJobDefinition": definition(StaticHyperParameters=hyperparameters()),
    }


def wait(aws: EmbeddedAws, name: str, kind: str = "hyper_parameter_tuning_job") -> dict[str, Any]:
    key = "".join(word.capitalize() for word in kind.split("_"))
    for _ in range(1200):
        described: dict[str, Any] = getattr(aws.client("sagemaker"), f"describe_{kind}")(
            **{f"{key}Name": name}
        )
        if described[f"{key}Status"] in ("Completed", "Failed", "Stopped"):
            return described
        time.sleep(0.05)
    raise AssertionError(f"{name} did not end in 60 s")


def trials(aws: EmbeddedAws, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.client(
        "sagemaker"
    ).list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)[
        "TrainingJobSummaries"
    ]
    return sorted(found, key=lambda trial: str(trial["TrainingJobName"]))


def container_of_a_job() -> int:
    """Wait for this process's container, of which there must be no second one."""
    for _ in range(1000):
        listed = subprocess.run(
            ["ps", "-axwwo", "pid=,ppid=,args="], capture_output=True, text=True
        )
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
        found = [
            int(pid)
            for pid, parent, command in rows
            if int(parent) == os.getpid() and "factorization_machines train" in command
        ]
        if found:
            (pid,) = found
            return pid
        time.sleep(0.02)
    raise AssertionError("no container started in 20 s")


@pytest.mark.skipif(os.name == "nt", reason="has no signals")
def test_a_killed_container_is_started_again_and_once_only(aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName="killed",
        HyperParameters=hyperparameters(epochs="1000000"),
        RetryStrategy={"MaximumRetryAttempts": 1},
        **definition(),
    )

    first = container_of_a_job()
    os.kill(first, signal.SIGKILL)
    for _ in range(500):
        if (second := container_of_a_job()) != first:
            break
        time.sleep(0.02)
    os.kill(second, signal.SIGKILL)

    described = wait(aws, "killed", "training_job")
    assert second != first
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("InternalServerError: We encountered an internal")
    statuses = [t["Status"] for t in described["SecondaryStatusTransitions"]]
    attempt = ["Starting", "Downloading", "Training"]
    assert statuses == [*attempt, *attempt, "Failed"]
    assert described["RetryStrategy"] == {"MaximumRetryAttempts": 1}


def test_trials_run_side_by_side_and_the_same_every_time(aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")
    tuned = []
    for name in ("side-by-side", "again"):
        sagemaker.create_hyper_parameter_tuning_job(**tuning_request(name, "0.0001", "1"))
        wait(aws, name)
        tuned.append([trial["TunedHyperParameters"] for trial in trials(aws, name)])

    assert tuned[0] == tuned[1]
    first, second = trials(aws, "again")[:2]

    def moment(trial: dict[str, Any], key: str) -> datetime:
        found: datetime = trial[key]
        return found

    assert moment(first, "TrainingStartTime") < moment(second, "TrainingEndTime")
    assert moment(second, "TrainingStartTime") < moment(first, "TrainingEndTime")


def test_warm_start_builds_on_its_parent(aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(**tuning_request("parent", "0.0001", "1"))
    request = tuning_request("child", "0.0000001", "0.000001")  # where nothing is learned
    request["WarmStartConfig"] = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "parent"}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }
    with pytest.raises(sagemaker.exceptions.ClientError, match="expected status Completed"):
        sagemaker.create_hyper_parameter_tuning_job(**request)
    parent = wait(aws, "parent")

    sagemaker.create_hyper_parameter_tuning_job(**request)
    child = wait(aws, "child")

    assert child["WarmStartConfig"] == request["WarmStartConfig"]
    assert child["BestTrainingJob"]["TuningJobName"] == "child"
    assert child["OverallBestTrainingJob"] == parent["BestTrainingJob"]


def test_completion_criteria_end_a_job_and_are_described(aws: EmbeddedAws) -> None:
    criteria = {
        "TargetObjectiveMetricValue": 100.0,
        "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3},
    }
    request = tuning_request(
        "good-enough",
        "0.0001",
        "1",
        ResourceLimits={"MaxNumberOfTrainingJobs": 50, "MaxParallelTrainingJobs": 1},
        TuningJobCompletionCriteria=criteria,
        TrainingJobEarlyStoppingType="Auto",
    )
    aws.client("sagemaker").create_hyper_parameter_tuning_job(**request)

    described = wait(aws, "good-enough")

    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["Completed"] == 1
    assert described["HyperParameterTuningJobConfig"]["TuningJobCompletionCriteria"] == criteria
    details = described["TuningJobCompletionDetails"]
    assert details == {"NumberOfTrainingJobsObjectiveNotImproving": 0}
    assert described["ConsumedResources"]["RuntimeInSeconds"] < 60
