"""Canaries of what fault injection reaches into; the matrix is in tests/integration/faults."""

import contextlib
from typing import Any

import pytest
from botocore.endpoint import Endpoint
from moto.awslambda.models import LambdaFunction
from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import (
    JitterStrategyDecl,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)

from embedded_aws.faults import FaultPlan, FaultRecord
from embedded_aws.faults.injection import inject
from embedded_aws.sagemaker import training_job
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import Machines, task

TOPIC_ARN = "arn:aws:sns:us-east-1:123456789012:topic"
PUBLISH = ("arn:aws:states:::sns:publish", {"TopicArn": TOPIC_ARN, "Message": "m"})
RETRY = [
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 100,
        "MaxDelaySeconds": 150,
        "BackoffRate": 2,
    }
]


@contextlib.contextmanager
def faults(*texts: str, **more: Any) -> Any:
    with inject(FaultPlan.parse(texts), time_scale=10_000, **more) as record:
        yield record


def test_waits_are_shortened_and_told_at_their_length(aws: EmbeddedAws, machines: Machines) -> None:
    aws.client("sns").create_topic(Name="topic")
    definition = task(*PUBLISH, Retry=RETRY)
    del definition["States"]["Task"]["End"]
    definition["States"]["Task"]["Next"] = "Pause"
    definition["States"]["Pause"] = {"Type": "Wait", "Seconds": 3600, "End": True}

    with faults("Task:ThrottlingException*3") as record:
        execution = machines.run(definition)
        assert execution["status"] == "SUCCEEDED", execution

    assert [(w.state, w.error, w.seconds) for w in record.waits] == [
        ("Task", "SNS.ThrottledException", 100),
        ("Task", "SNS.ThrottledException", 150),
        ("Task", "SNS.ThrottledException", 150),
        ("Pause", None, 3600),
    ]
    assert sum(w.here_seconds for w in record.waits) == pytest.approx(0.4)
    assert [event.attempt for event in record.injected] == [1, 2, 3]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("ServiceUnavailable", "SNS.AmazonSNSException"),
        ("ThrottlingException", "SNS.ThrottledException"),
        ("SdkClientException", "SNS.SdkClientException"),
    ],
)
def test_errors_of_sns_have_the_names_of_its_exceptions(
    machines: Machines, fault: str, error: str
) -> None:
    with faults(f"Task:{fault}"):
        execution = machines.run(task(*PUBLISH))

    assert execution["error"] == error


def test_time_limit_of_a_state_that_hangs_passes_at_once(machines: Machines) -> None:
    with faults("Task:Timeout"):
        execution = machines.run(task(*PUBLISH, TimeoutSeconds=86_400))

    assert execution["error"] == "States.Timeout"


def test_nothing_is_left_in_the_way_afterwards() -> None:
    parts = [
        (Endpoint, "_get_response"),
        (StateTaskService, "_evaluate_with_timeout"),
        (StateTaskService, "_before_eval_execution"),
        (JitterStrategyDecl, "_eval_body"),
        (LambdaFunction, "_invoke_lambda"),
        (training_job, "run_container"),
    ]
    before = [getattr(owner, name) for owner, name in parts]

    with inject(FaultPlan(()), record=FaultRecord()):
        during = [getattr(owner, name) for owner, name in parts]

    assert all(a is not b for a, b in zip(before, during, strict=True))
    assert [getattr(owner, name) for owner, name in parts] == before
    assert "_evaluate_with_timeout" not in vars(StateTaskService)
