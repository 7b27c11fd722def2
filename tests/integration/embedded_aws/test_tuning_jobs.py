"""What tuning and training jobs do when containers die, and when they build on earlier jobs."""

import os
import signal
import subprocess
import time
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.training_jobs import job_members, put_channel, wait

BUCKET = "tuning-bucket"
N_USERS, N_ITEMS = 30, 20
TUNING_JOB = "hyper_parameter_tuning_job"


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
        columns = np.column_stack([users[rows], N_USERS + items[rows]])
        put_channel(aws, BUCKET, channel, columns, ratings[rows], N_USERS + N_ITEMS)


def definition(**more: Any) -> dict[str, Any]:
    return {
        **job_members(BUCKET),
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
        wait(aws, name, TUNING_JOB)
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
    parent = wait(aws, "parent", TUNING_JOB)

    sagemaker.create_hyper_parameter_tuning_job(**request)
    child = wait(aws, "child", TUNING_JOB)

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

    described = wait(aws, "good-enough", TUNING_JOB)

    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["Completed"] == 1
    assert described["HyperParameterTuningJobConfig"]["TuningJobCompletionCriteria"] == criteria
    details = described["TuningJobCompletionDetails"]
    assert details == {"NumberOfTrainingJobsObjectiveNotImproving": 0}
    assert described["ConsumedResources"]["RuntimeInSeconds"] < 60
