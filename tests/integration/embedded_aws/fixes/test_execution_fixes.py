"""Canaries of the fixes to moto's interpreter; a moto that moves the parts fails by name."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import Machines, task

LIST_BUCKETS = "arn:aws:states:::aws-sdk:s3:listBuckets"
WAIT = {"Type": "Wait", "Seconds": 60, "End": True}


def one(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state}, **more}


def types(aws: EmbeddedAws, arn: str) -> list[str]:
    history = aws.client("stepfunctions").get_execution_history(executionArn=arn)
    return [event["type"] for event in history["events"]]


def test_execution_lifecycle_stops_what_has_only_begun(
    aws: EmbeddedAws, machines: Machines
) -> None:
    arn = machines.start(one(WAIT))

    aws.client("stepfunctions").stop_execution(executionArn=arn)

    assert machines.wait(arn)["status"] == "ABORTED"


def test_execution_lifecycle_times_the_machine_out(aws: EmbeddedAws, machines: Machines) -> None:
    arn = machines.start(one(WAIT, TimeoutSeconds=1))

    assert machines.wait(arn)["status"] == "TIMED_OUT"
    assert types(aws, arn)[-1] == "ExecutionTimedOut"


def test_execution_interruption_ends_the_wait_for_a_retry(
    aws: EmbeddedAws, machines: Machines
) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60}]
    failing = task("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"})
    failing["States"]["Task"]["Retry"] = retry
    arn = machines.start(failing)
    while "TaskFailed" not in types(aws, arn):
        time.sleep(0.01)

    started = time.monotonic()
    aws.client("stepfunctions").stop_execution(executionArn=arn)

    assert machines.wait(arn)["status"] == "ABORTED"
    assert time.monotonic() - started < 1


def test_execution_interruption_keeps_late_events_out(aws: EmbeddedAws, machines: Machines) -> None:
    late = task(f"{LIST_BUCKETS}.waitForTaskToken", {}, TimeoutSeconds=1)
    arn = machines.start(late)

    assert machines.wait(arn)["error"] == "States.Timeout"
    assert types(aws, arn)[-3:] == ["TaskSubmitted", "TaskTimedOut", "ExecutionFailed"]


def test_execution_progress_and_redrive_continue_the_failed_branch(
    aws: EmbeddedAws, machines: Machines
) -> None:
    good = {"StartAt": "G", "States": {"G": {"Type": "Pass", "End": True}}}
    wait = {"Type": "Wait", "Seconds": 1, "Next": "F"}
    bad = {"StartAt": "W", "States": {"W": wait, "F": {"Type": "Fail"}}}
    arn = machines.start(one({"Type": "Parallel", "Branches": [good, bad], "End": True}))
    machines.wait(arn)

    aws.client("stepfunctions").redrive_execution(executionArn=arn)

    assert machines.wait(arn)["redriveCount"] == 1
    counted = types(aws, arn)
    assert counted.count("PassStateEntered") == 1
    assert counted.count("WaitStateEntered") == 1
    assert counted.count("FailStateEntered") == 2


def test_error_names_of_a_branch_may_be_reserved(machines: Machines) -> None:
    late = task(f"{LIST_BUCKETS}.waitForTaskToken", {}, TimeoutSeconds=1)
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Caught"}]
    state = {"Type": "Parallel", "Branches": [late], "Catch": catch, "End": True}
    definition = one(state)
    definition["States"]["Caught"] = {"Type": "Succeed"}

    assert machines.run(definition)["status"] == "SUCCEEDED"


def test_error_names_leave_runtime_errors_uncaught(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    definition = one({**task(LIST_BUCKETS, {"X.$": "$.no"})["States"]["Task"], "Catch": catch})
    definition["States"]["Caught"] = {"Type": "Succeed"}

    assert machines.run(definition)["error"] == "States.Runtime"


def test_data_limits_refuse_a_large_execution_input(aws: EmbeddedAws, machines: Machines) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        machines.start(one(WAIT), "x" * 262_144)


def test_task_tokens_are_new_for_each_attempt(machines: Machines) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskFailure.waitForTaskToken",
        "Parameters": {
            "TaskToken.$": "$$.Task.Token",
            "Error.$": "States.Format('Attempt{}', $$.State.RetryCount)",
        },
        "Retry": [{"ErrorEquals": ["Attempt0"], "IntervalSeconds": 1, "MaxAttempts": 1}],
        "End": True,
    }

    assert machines.run(one(state))["error"] == "Attempt1"


def test_definition_validation_is_answered(aws: EmbeddedAws) -> None:
    answer = aws.client("stepfunctions").validate_state_machine_definition(definition="{}")

    assert answer["result"] == "FAIL"
