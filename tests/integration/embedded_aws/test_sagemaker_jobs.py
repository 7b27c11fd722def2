"""SageMaker's jobs really run: models learn, logs arrive, failures and stops look as on AWS."""

import gzip
import io
import json
import tarfile
import time
from typing import Any

import numpy as np
import pytest

from embedded_aws.server import EmbeddedAws
from recommender import recordio
from tests.integration.embedded_aws.conftest import ROLE_ARN, Machines, task
from tests.integration.embedded_aws.training_jobs import IMAGE, job_members, put_channel, wait

BUCKET = "jobs-bucket"
N_USERS, N_ITEMS, N_FACTORS = 60, 40, 2


@pytest.fixture(scope="module", autouse=True)
def planted_data(aws: EmbeddedAws) -> None:
    """Upload ratings of rank 2 with a little noise."""
    rng = np.random.default_rng(7)
    users, items = (a.ravel() for a in np.meshgrid(range(N_USERS), range(N_ITEMS), indexing="ij"))
    user_factors = rng.normal(size=(N_USERS, N_FACTORS))
    item_factors = rng.normal(size=(N_ITEMS, N_FACTORS))
    ratings = 3 + (user_factors[users] * item_factors[items]).sum(axis=1)
    ratings += rng.normal(scale=0.05, size=len(ratings))
    order = rng.permutation(len(ratings))
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for split, rows in {"train": order[:1800], "test": order[1800:]}.items():
        columns = np.column_stack([users[rows], N_USERS + items[rows]])
        put_channel(aws, BUCKET, split, columns, ratings[rows], N_USERS + N_ITEMS)


def training_request(name: str, **hyperparameters: str) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        **job_members(BUCKET),
        "HyperParameters": {
            "feature_dim": str(N_USERS + N_ITEMS),
            "num_factors": "4",
            "predictor_type": "regressor",
            "epochs": "60",
            "mini_batch_size": "50",
            "factors_lr": "0.02",
            "factors_init_sigma": "0.1",
            **hyperparameters,
        },
    }


def wait_for_training(aws: EmbeddedAws, name: str) -> None:
    sagemaker = aws.client("sagemaker")
    for _ in range(500):
        listed = sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
        if listed:
            described = sagemaker.describe_training_job(TrainingJobName=name)
            if described["SecondaryStatus"] == "Training":
                return
        time.sleep(0.02)
    raise AssertionError(f"{name} did not begin to train in 10 s")


@pytest.fixture(scope="module")
def trained(aws: EmbeddedAws) -> dict[str, Any]:
    aws.client("sagemaker").create_training_job(**training_request("planted"))
    return wait(aws, "planted")


def test_training_learns_the_planted_factors(trained: dict[str, Any]) -> None:
    metrics = {m["MetricName"]: m["Value"] for m in trained["FinalMetricDataList"]}

    assert trained["TrainingJobStatus"] == "Completed", trained
    assert metrics["test:rmse"] < 0.3  # the ratings' own standard deviation is about 1.4
    assert metrics["train:rmse:epoch"] < 0.3


def test_training_describes_itself_as_sagemaker_does(trained: dict[str, Any]) -> None:
    assert trained["ModelArtifacts"] == {
        "S3ModelArtifacts": f"s3://{BUCKET}/models/planted/output/model.tar.gz"
    }
    assert trained["SecondaryStatus"] == "Completed"
    assert [t["Status"] for t in trained["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert trained["CreationTime"] <= trained["TrainingStartTime"] <= trained["TrainingEndTime"]
    assert trained["BillableTimeInSeconds"] >= 1


def test_training_leaves_its_model_and_its_log(aws: EmbeddedAws, trained: dict[str, Any]) -> None:
    body = aws.client("s3").get_object(Bucket=BUCKET, Key="models/planted/output/model.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(body["Body"].read())) as archive:
        assert archive.getnames() == ["model_algo-1"]
    logs = aws.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="planted/algo-1-"
    )
    lines = [event["message"] for event in logs["events"]]
    assert any("epoch=59, train rmse <loss>=" in line for line in lines)
    assert any("#test_score (algo-1) : ('rmse'," in line for line in lines)


def test_training_with_bad_hyperparameters_fails_with_all_of_them(aws: EmbeddedAws) -> None:
    request = training_request("bad", epochs="none", num_factors="-3")
    aws.client("sagemaker").create_training_job(**request)

    described = wait(aws, "bad")

    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("ClientError: ")
    assert "epochs" in described["FailureReason"]
    assert "num_factors" in described["FailureReason"]
    assert "ModelArtifacts" not in described


def test_training_without_data_fails_in_sagemakers_words(aws: EmbeddedAws) -> None:
    request = training_request("no-data")
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/none/"
    aws.client("sagemaker").create_training_job(**request)

    assert "No S3 objects found under S3 URL" in wait(aws, "no-data")["FailureReason"]


def test_training_job_names_are_unique(aws: EmbeddedAws, trained: dict[str, Any]) -> None:
    sagemaker = aws.client("sagemaker")

    with pytest.raises(sagemaker.exceptions.ResourceInUse, match="must be unique"):
        sagemaker.create_training_job(**training_request("planted"))


def test_stopped_training_job_ends_as_stopped_without_a_model(aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_training_job(**training_request("endless", epochs="1000000"))
    wait_for_training(aws, "endless")

    sagemaker.stop_training_job(TrainingJobName="endless")

    described = wait(aws, "endless")
    assert described["TrainingJobStatus"] == "Stopped"
    assert "ModelArtifacts" not in described


def test_training_stops_at_its_maximal_runtime(aws: EmbeddedAws) -> None:
    request = training_request("too-long", epochs="1000000")
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}
    aws.client("sagemaker").create_training_job(**request)

    described = wait(aws, "too-long")

    assert described["TrainingJobStatus"] == "Stopped"
    assert described["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_other_images_are_refused_by_name(aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")
    request = training_request("other-image")
    request["AlgorithmSpecification"]["TrainingImage"] = "1.dkr.ecr.x.amazonaws.com/xgboost:1"

    with pytest.raises(sagemaker.exceptions.ClientError, match="UnsupportedInEmbeddedAws"):
        sagemaker.create_training_job(**request)


def test_aborting_an_execution_stops_its_job(aws: EmbeddedAws, machines: Machines) -> None:
    execution = machines.start(
        task(
            "arn:aws:states:::sagemaker:createTrainingJob.sync",
            training_request("aborted", epochs="1000000"),
        )
    )
    wait_for_training(aws, "aborted")

    aws.client("stepfunctions").stop_execution(executionArn=execution)

    assert wait(aws, "aborted")["TrainingJobStatus"] == "Stopped"


def test_failed_job_fails_its_state_with_the_description(machines: Machines) -> None:
    execution = machines.run(
        task(
            "arn:aws:states:::sagemaker:createTrainingJob.sync",
            training_request("bad-in-state", epochs="none"),
        )
    )

    cause = json.loads(execution["cause"])
    assert execution["error"] == "States.TaskFailed"
    assert cause["FailureReason"].startswith("ClientError: ")
    assert isinstance(cause["CreationTime"], int)  # epoch milliseconds, as the integration gives


@pytest.fixture(scope="module")
def model(aws: EmbeddedAws, trained: dict[str, Any]) -> str:
    """Name of the trained model."""
    aws.client("sagemaker").create_model(
        ModelName="planted",
        ExecutionRoleArn=ROLE_ARN,
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"],
        },
    )
    return "planted"


@pytest.mark.usefixtures("model")
def test_transform_writes_one_output_for_each_input(aws: EmbeddedAws) -> None:
    aws.client("sagemaker").create_transform_job(
        **transform_request("transform", f"s3://{BUCKET}/test/")
    )

    described = wait(aws, "transform", "transform_job")

    assert described["TransformJobStatus"] == "Completed", described
    body = aws.client("s3").get_object(Bucket=BUCKET, Key="transform/part-00000.pbr.out")
    scores = [json.loads(line)["score"] for line in body["Body"].read().splitlines()]
    logs = aws.client("logs").filter_log_events(logGroupName="/aws/sagemaker/TransformJobs")
    assert "BatchStrategy=MULTI_RECORD" in logs["events"][0]["message"]
    truth = aws.client("s3").get_object(Bucket=BUCKET, Key="test/part-00000.pbr")["Body"].read()
    _, ratings = recordio.decode(truth)
    assert ratings is not None
    assert np.sqrt(np.mean((np.array(scores) - ratings) ** 2)) < 0.3


@pytest.mark.usefixtures("model")
def test_transform_of_a_corrupt_file_fails_and_writes_no_output_for_it(aws: EmbeddedAws) -> None:
    s3 = aws.client("s3")
    s3.copy_object(Bucket=BUCKET, Key="mixed/good.pbr", CopySource=f"{BUCKET}/test/part-00000.pbr")
    s3.put_object(Bucket=BUCKET, Key="mixed/bad.pbr", Body=b"not recordio at all")
    aws.client("sagemaker").create_transform_job(
        **transform_request("mixed", f"s3://{BUCKET}/mixed/")
    )

    described = wait(aws, "mixed", "transform_job")

    assert described["TransformJobStatus"] == "Failed"
    assert "mixed/bad.pbr" in described["FailureReason"]
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="mixed-out/")["Contents"]
    assert [item["Key"] for item in listed] == ["mixed-out/good.pbr.out"]


@pytest.mark.usefixtures("model")
def test_records_one_by_one_give_the_same_scores_as_together(aws: EmbeddedAws) -> None:
    s3 = aws.client("s3")
    content = s3.get_object(Bucket=BUCKET, Key="test/part-00000.pbr")["Body"].read()
    s3.put_object(Bucket=BUCKET, Key="packed/part.gz", Body=gzip.compress(content))
    scores = []
    for strategy, accept in (
        ("SingleRecord", "application/json"),
        ("MultiRecord", "application/jsonlines"),
    ):
        request = transform_request(strategy, f"s3://{BUCKET}/packed/")
        request["BatchStrategy"] = strategy
        request["TransformInput"]["CompressionType"] = "Gzip"
        request["TransformOutput"] |= {"Accept": accept, "AssembleWith": "Line"}
        aws.client("sagemaker").create_transform_job(**request)

        described = wait(aws, strategy, "transform_job")

        assert described["TransformJobStatus"] == "Completed", described
        body = s3.get_object(Bucket=BUCKET, Key=f"{strategy}-out/part.gz.out")["Body"].read()
        scores.append([json.loads(line) for line in body.splitlines()])

    assert [line["predictions"] for line in scores[0]] == [[line] for line in scores[1]]
    assert len(scores[1]) == recordio.decode(content)[0].shape[0]


def transform_request(name: str, input_uri: str) -> dict[str, Any]:
    output = "transform" if name == "transform" else f"{name}-out"
    return {
        "TransformJobName": name,
        "ModelName": "planted",
        "BatchStrategy": "MultiRecord",
        "MaxPayloadInMB": 6,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": input_uri}},
            "ContentType": "application/x-recordio-protobuf",
            "SplitType": "RecordIO",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://{BUCKET}/{output}/",
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
    }


def tuning_request(name: str, **config: Any) -> dict[str, Any]:
    definition = training_request("unused")
    del definition["TrainingJobName"]
    static = definition.pop("HyperParameters")
    del static["factors_lr"]
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "test:rmse"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {
                        "Name": "factors_lr",
                        "MinValue": "0.0001",
                        "MaxValue": "0.05",
                        "ScalingType": "Logarithmic",
                    }
                ]
            },
            **config,
        },
        "TrainingJobDefinition": {**definition, "StaticHyperParameters": static},
    }


def test_tuning_runs_its_trials_and_names_the_best(aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(**tuning_request("tune"))

    described = wait(aws, "tune", "hyper_parameter_tuning_job")

    trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tune"
    )["TrainingJobSummaries"]
    objective = "FinalHyperParameterTuningJobObjectiveMetric"
    best = min(trials, key=lambda trial: trial[objective]["Value"])
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["Completed"] == 4
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    assert described["BestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    assert len({trial["TunedHyperParameters"]["factors_lr"] for trial in trials}) == 4
    child = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert child["HyperParameters"]["factors_lr"] == best["TunedHyperParameters"]["factors_lr"]
    assert child["TuningJobArn"].endswith("hyper-parameter-tuning-job/tune")


def test_tuning_fails_when_all_trials_fail(aws: EmbeddedAws) -> None:
    request = tuning_request("tune-bad")
    request["TrainingJobDefinition"]["StaticHyperParameters"]["epochs"] = "none"
    aws.client("sagemaker").create_hyper_parameter_tuning_job(**request)

    described = wait(aws, "tune-bad", "hyper_parameter_tuning_job")

    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["TrainingJobStatusCounters"]["NonRetryableError"] == 4
    assert "BestTrainingJob" not in described


def test_stopping_a_tuning_job_stops_its_trials(aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")
    request = tuning_request("tune-endless")
    request["TrainingJobDefinition"]["StaticHyperParameters"]["epochs"] = "1000000"
    sagemaker.create_hyper_parameter_tuning_job(**request)

    sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune-endless")

    described = wait(aws, "tune-endless", "hyper_parameter_tuning_job")
    counters = described["TrainingJobStatusCounters"]
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    assert counters["InProgress"] == 0


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"Strategy": "Hyperband"}, "Hyperband"),
        (
            {
                "HyperParameterTuningJobObjective": {
                    "Type": "Minimize",
                    "MetricName": "validation:rmse",
                }
            },
            "isn't valid",
        ),
    ],
)
def test_tuning_refuses_what_it_cannot_do(
    aws: EmbeddedAws, config: dict[str, Any], message: str
) -> None:
    sagemaker = aws.client("sagemaker")

    with pytest.raises(sagemaker.exceptions.ClientError, match=message):
        sagemaker.create_hyper_parameter_tuning_job(**tuning_request("tune-refused", **config))


def test_requests_are_checked_against_the_apis_model(aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")
    request = training_request("under_score")
    request["ResourceConfig"]["InstanceType"] = "ml.nonsense"
    request["HyperParameters"]["epochs"] = "9" * 3000

    with pytest.raises(sagemaker.exceptions.ClientError) as caught:
        sagemaker.create_training_job(**request)

    message = caught.value.response["Error"]["Message"]
    assert message.startswith("3 validation errors detected: ")
    assert "'trainingJobName' failed to satisfy constraint: Member must satisfy regular" in message
    assert "Member must satisfy enum value set" in message
    assert "Member must have length less than or equal to 2500" in message
