"""What was started ends when its execution is stopped or out of time, and stays ended."""

import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws import training_jobs
from tests.integration.embedded_aws.conftest import ROLE_ARN, Machines, task, wait_for_event

State = dict[str, Any]
WAIT: State = {"Type": "Wait", "Seconds": 60, "End": True}


def one(state: State, **more: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state}, **more}


def history(aws: EmbeddedAws, arn: str) -> list[str]:
    found = aws.client("stepfunctions").get_execution_history(executionArn=arn)
    return [event["type"] for event in found["events"]]


wait_for = partial(wait_for_event, seconds=10)


def test_execution_can_be_stopped_as_soon_as_it_is_started(
    aws: EmbeddedAws, machines: Machines
) -> None:
    stepfunctions = aws.client("stepfunctions")
    machine = machines.create(one(WAIT))
    for _ in range(20):
        arn = stepfunctions.start_execution(stateMachineArn=machine)["executionArn"]

        stepfunctions.stop_execution(executionArn=arn, error="E", cause="c")

        ended = machines.wait(arn)
        assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "E", "c")
        types = history(aws, arn)
        assert (types[0], types[-1]) == ("ExecutionStarted", "ExecutionAborted")


def test_stopped_execution_stays_aborted_when_its_time_passes(
    aws: EmbeddedAws, machines: Machines, create_function: Callable[..., str]
) -> None:
    slow = create_function(
        f"slow-{uuid.uuid4()}", "import time\ndef handle(event, context):\n    time.sleep(2)\n"
    )
    invoke = task("arn:aws:states:::lambda:invoke", {"FunctionName": slow})
    arn = machines.start({**invoke, "TimeoutSeconds": 1})
    wait_for(aws, arn, "TaskStarted")

    stopped = aws.client("stepfunctions").stop_execution(executionArn=arn)["stopDate"]

    first, types = machines.wait(arn), history(aws, arn)
    time.sleep(2.5)  # the machine's time and the function's time are over
    assert first["status"] == "ABORTED"
    assert first["stopDate"] == stopped
    assert machines.wait(arn) | {"ResponseMetadata": None} == first | {"ResponseMetadata": None}
    assert history(aws, arn) == types
    assert types[-1] == "ExecutionAborted"


RETRIED = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
    "Parameters": {"Bucket": "no-such-bucket-anywhere", "Key": "k"},
    "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60}],
    "End": True,
}
TOKEN = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets.waitForTaskToken",
    "End": True,
}
ITERATION = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "W", "States": {"W": WAIT}}


@pytest.mark.parametrize(
    ("state", "reached"),
    [
        (WAIT, "WaitStateEntered"),
        (RETRIED, "TaskFailed"),
        (TOKEN, "TaskSubmitted"),
        (
            {"Type": "Parallel", "Branches": [one(WAIT), one(WAIT)], "End": True},
            "WaitStateEntered",
        ),
        ({"Type": "Map", "ItemProcessor": ITERATION, "End": True}, "WaitStateEntered"),
    ],
    ids=["wait", "retry", "token", "parallel", "map"],
)
@pytest.mark.parametrize("by", ["stop", "timeout"])
def test_whatever_a_state_waits_for_ends_at_once(
    aws: EmbeddedAws, machines: Machines, state: State, reached: str, by: str
) -> None:
    threads = threading.active_count()
    name = "B" if state["Type"] == "Parallel" else "A"
    limits = {"TimeoutSeconds": 1} if by == "timeout" else {}
    arn = machines.start({"StartAt": name, "States": {name: state}, **limits}, [1, 2])
    wait_for(aws, arn, reached)
    started = time.monotonic()

    if by == "stop":
        aws.client("stepfunctions").stop_execution(executionArn=arn)

    status = machines.wait(arn)["status"]
    assert status == ("ABORTED" if by == "stop" else "TIMED_OUT")
    assert time.monotonic() - started < (1.0 if by == "stop" else 2.0)
    for _ in range(100):
        if threading.active_count() <= threads:
            break
        time.sleep(0.02)
    assert threading.active_count() <= threads


def test_stop_of_an_ended_execution_changes_nothing(aws: EmbeddedAws, machines: Machines) -> None:
    arn = machines.start(one({"Type": "Succeed"}))
    ended = machines.wait(arn)

    answer = aws.client("stepfunctions").stop_execution(executionArn=arn, error="E", cause="c")

    assert answer["stopDate"] == ended["stopDate"]
    assert machines.wait(arn)["status"] == "SUCCEEDED"
    assert "error" not in machines.wait(arn)


def test_name_starts_one_execution(aws: EmbeddedAws, machines: Machines) -> None:
    stepfunctions = aws.client("stepfunctions")
    machine = machines.create(one(WAIT))
    started: list[str] = []

    def start(execution_input: str = '{"a": 1}') -> None:
        answer = stepfunctions.start_execution(
            stateMachineArn=machine, name="same", input=execution_input
        )
        started.append(answer["executionArn"])

    threads = [threading.Thread(target=start) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start('{"a": 2}')
    stepfunctions.stop_execution(executionArn=started[0])
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start()

    assert len(started) == 10
    assert len(set(started)) == 1
    assert len(stepfunctions.list_executions(stateMachineArn=machine)["executions"]) == 1


@pytest.fixture(scope="module")
def bucket(aws: EmbeddedAws) -> str:
    name = f"stops-{uuid.uuid4()}"
    aws.client("s3").create_bucket(Bucket=name)
    columns = np.array([[user, 5 + item] for user in range(5) for item in range(4)])
    for channel in ("train", "test"):
        training_jobs.put_channel(aws, name, channel, columns, np.ones(len(columns)), 9)
    return name


HYPERPARAMETERS = {
    "feature_dim": "9",
    "num_factors": "2",
    "predictor_type": "regressor",
    "epochs": "1000000",
    "mini_batch_size": "5",
}


def training_request(bucket: str, name: str) -> dict[str, Any]:
    members = training_jobs.job_members(bucket)
    return {"TrainingJobName": name, **members, "HyperParameters": HYPERPARAMETERS}


def tuning_request(bucket: str, name: str) -> dict[str, Any]:
    members = training_jobs.job_members(bucket)
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "test:rmse"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {"Name": "factors_lr", "MinValue": "0.001", "MaxValue": "0.1"}
                ]
            },
        },
        "TrainingJobDefinition": {**members, "StaticHyperParameters": HYPERPARAMETERS},
    }


def job_name() -> str:
    return f"stop-{uuid.uuid4().hex[:12]}"


def training_state(bucket: str, name: str, **more: Any) -> State:
    request = training_request(bucket, name)
    resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    return {"Type": "Task", "Resource": resource, "Parameters": request, "End": True, **more}


@pytest.mark.parametrize("by", ["stop", "state", "machine", "branch", "caught"])
def test_training_job_is_stopped_with_its_state(
    aws: EmbeddedAws, machines: Machines, bucket: str, by: str
) -> None:
    name = job_name()
    state = training_state(bucket, name)
    if by in ("state", "caught"):
        state["TimeoutSeconds"] = 2
    if by == "caught":
        state["Catch"] = [{"ErrorEquals": ["States.Timeout"], "Next": "Z"}]
    definition = one(state, **({"TimeoutSeconds": 2} if by == "machine" else {}))
    definition["States"]["Z"] = {"Type": "Succeed"}
    if by == "branch":
        fails = {"W": {"Type": "Wait", "Seconds": 2, "Next": "F"}, "F": {"Type": "Fail"}}
        branches = [one(state), {"StartAt": "W", "States": fails}]
        definition = {
            "StartAt": "P",
            "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}},
        }
    arn = machines.start(definition)
    wait_for(aws, arn, "TaskSubmitted")

    if by == "stop":
        aws.client("stepfunctions").stop_execution(executionArn=arn)

    status = machines.wait(arn)["status"]
    assert (
        status
        == {
            "stop": "ABORTED",
            "state": "FAILED",
            "machine": "TIMED_OUT",
            "branch": "FAILED",
            "caught": "SUCCEEDED",
        }[by]
    )
    assert training_jobs.wait(aws, name)["TrainingJobStatus"] == "Stopped"


def test_tuning_job_is_stopped_with_its_execution(
    aws: EmbeddedAws, machines: Machines, bucket: str
) -> None:
    name = job_name()
    resource = "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync"
    arn = machines.start(task(resource, tuning_request(bucket, name)))
    wait_for(aws, arn, "TaskSubmitted")

    aws.client("stepfunctions").stop_execution(executionArn=arn)

    described = training_jobs.wait(aws, name, "hyper_parameter_tuning_job")
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    assert described["TrainingJobStatusCounters"]["InProgress"] == 0


def test_transform_job_is_stopped_with_its_execution(
    aws: EmbeddedAws, machines: Machines, bucket: str
) -> None:
    sagemaker = aws.client("sagemaker")
    name = job_name()
    request = training_request(bucket, name)
    request["HyperParameters"] = {**HYPERPARAMETERS, "epochs": "1"}
    sagemaker.create_training_job(**request)
    trained = training_jobs.wait(aws, name)["ModelArtifacts"]["S3ModelArtifacts"]
    container = {"Image": training_jobs.IMAGE, "ModelDataUrl": trained}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE_ARN, PrimaryContainer=container)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/test/"}}
    transform = {
        "TransformJobName": name,
        "ModelName": name,
        "TransformInput": {
            "ContentType": "application/x-recordio-protobuf",
            "DataSource": source,
        },
        "TransformOutput": {"S3OutputPath": f"s3://{bucket}/{name}/", "Accept": "application/json"},
        "TransformResources": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
    }
    arn = machines.start(task("arn:aws:states:::sagemaker:createTransformJob.sync", transform))
    wait_for(aws, arn, "TaskSubmitted")

    aws.client("stepfunctions").stop_execution(executionArn=arn)

    assert training_jobs.wait(aws, name, "transform_job")["TransformJobStatus"] == "Stopped"
