"""A redrive goes on from what failed, with what it had, and leaves the rest as it was."""

import datetime
import json
import threading
import time
import uuid
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from embedded_aws.server import ACCOUNT_ID, EmbeddedAws
from embedded_aws.step_functions import limits
from tests.integration.embedded_aws.conftest import ROLE_ARN, Machines, wait_for_event

State = dict[str, Any]


def put(bucket: str, **more: Any) -> State:
    """Return a task that fails until its bucket exists, and is seen in it afterwards."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
        "Parameters": {"Bucket": bucket, "Key.$": "$.key", "Body": "x"},
        "ResultPath": None,
        "End": True,
        **more,
    }


def new_bucket() -> str:
    return f"redrive-{uuid.uuid4()}"


def events(aws: EmbeddedAws, arn: str) -> list[dict[str, Any]]:
    history = aws.client("stepfunctions").get_execution_history(executionArn=arn)
    found: list[dict[str, Any]] = history["events"]
    return found


def redrive(aws: EmbeddedAws, machines: Machines, arn: str, **more: Any) -> dict[str, Any]:
    aws.client("stepfunctions").redrive_execution(executionArn=arn, **more)
    return machines.wait(arn)


wait_for = partial(wait_for_event, seconds=5)


def refusal(aws: EmbeddedAws, arn: str) -> dict[str, str]:
    with pytest.raises(ClientError) as caught:
        aws.client("stepfunctions").redrive_execution(executionArn=arn)
    error: dict[str, str] = caught.value.response["Error"]
    return error


def test_redrive_runs_the_failed_state_again_with_its_input_and_variables(
    aws: EmbeddedAws, machines: Machines
) -> None:
    bucket = new_bucket()
    definition = {
        "StartAt": "Before",
        "States": {
            "Before": {
                "Type": "Pass",
                "Parameters": {"key": "k", "of.$": "$$.Execution.RedriveCount"},
                "Assign": {"kept": [1, 2]},
                "Next": "Put",
            },
            "Put": put(bucket, End=False, Next="After"),
            "After": {
                "Type": "Pass",
                "Parameters": {
                    "input.$": "$",
                    "kept.$": "$kept",
                    "redrives.$": "$$.Execution.RedriveCount",
                    "time.$": "$$.Execution.RedriveTime",
                },
                "End": True,
            },
        },
    }
    definition["States"]["Put"].pop("End")  # type: ignore[index]
    arn = machines.start(definition)
    first = machines.wait(arn)
    before = events(aws, arn)
    aws.client("s3").create_bucket(Bucket=bucket)

    ended = redrive(aws, machines, arn)

    assert (first["status"], first["redriveStatus"], first["redriveCount"]) == (
        "FAILED",
        "REDRIVABLE",
        0,
    )
    assert ended["status"] == "SUCCEEDED", ended
    assert ended["redriveCount"] == 1
    assert ended["startDate"] == first["startDate"]
    assert "error" not in ended
    output = json.loads(ended["output"])
    assert output["input"] == {"key": "k", "of": 0}
    assert (output["kept"], output["redrives"]) == ([1, 2], 1)
    assert output["time"] == ended["redriveDate"].astimezone(datetime.UTC).isoformat(
        timespec="milliseconds"
    ).replace("+00:00", "Z")
    after = events(aws, arn)
    assert after[: len(before)] == before
    assert [event["id"] for event in after] == list(range(1, len(after) + 1))
    assert [event["type"] for event in after[len(before) :]] == [
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert after[len(before)]["executionRedrivenEventDetails"] == {"redriveCount": 1}
    entered = next(e["id"] for e in before if e["type"] == "TaskStateEntered")
    assert after[len(before) + 1]["previousEventId"] == entered


def test_redrive_uses_the_definition_that_the_execution_started_with(
    aws: EmbeddedAws, machines: Machines
) -> None:
    stepfunctions = aws.client("stepfunctions")
    bucket = new_bucket()
    machine = machines.create({"StartAt": "Put", "States": {"Put": put(bucket)}})
    arn = stepfunctions.start_execution(stateMachineArn=machine, input='{"key": "old"}')[
        "executionArn"
    ]
    machines.wait(arn)
    other = {"StartAt": "Put", "States": {"Put": {"Type": "Fail", "Error": "New"}}}
    stepfunctions.update_state_machine(stateMachineArn=machine, definition=json.dumps(other))
    aws.client("s3").create_bucket(Bucket=bucket)

    assert redrive(aws, machines, arn)["status"] == "SUCCEEDED"
    described = stepfunctions.describe_state_machine_for_execution(executionArn=arn)
    assert json.loads(described["definition"])["States"]["Put"]["Type"] == "Task"


def self_failing(bucket: str) -> State:
    """Give a task whose failure leads to a task that fails itself, and back after a redrive."""
    return {
        "StartAt": "Put",
        "States": {
            "Put": put(
                bucket,
                Catch=[
                    {
                        "ErrorEquals": ["States.ALL"],
                        "Assign": {
                            "failure": {
                                "error.$": "$.Error",
                                "cause": "in plain words",
                                "redrives.$": "$$.Execution.RedriveCount",
                            }
                        },
                        "ResultPath": None,
                        "Next": "Failed",
                    }
                ],
            ),
            "Failed": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskFailure.waitForTaskToken",
                "Parameters": {
                    "TaskToken.$": "$$.Task.Token",
                    "Error.$": (
                        "States.ArrayGetItem(States.Array($failure.error, 'Redriven'), "
                        "States.MathAdd($$.Execution.RedriveCount, "
                        "States.StringToJson(States.Format('-{}', $failure.redrives))))"
                    ),
                    "Cause.$": "$failure.cause",
                },
                "Catch": [{"ErrorEquals": ["Redriven"], "ResultPath": None, "Next": "Put"}],
                "End": True,
            },
        },
    }


def test_task_that_fails_itself_is_left_by_a_redrive(aws: EmbeddedAws, machines: Machines) -> None:
    bucket = new_bucket()
    arn = machines.start(self_failing(bucket), {"key": "k"})
    first = machines.wait(arn)
    second = redrive(aws, machines, arn)  # nothing was repaired: it fails the same way
    aws.client("s3").create_bucket(Bucket=bucket)

    third = redrive(aws, machines, arn)

    for failed in (first, second):
        assert failed["status"] == "FAILED"
        assert failed["error"].endswith("NoSuchBucketException")
        assert failed["cause"] == "in plain words"
    assert (third["status"], third["redriveCount"]) == ("SUCCEEDED", 2)
    assert aws.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    errors = [event.get("taskFailedEventDetails", {}).get("error") for event in events(aws, arn)]
    assert errors.count("Redriven") == 2


def test_fail_state_is_entered_again_and_fails_again(aws: EmbeddedAws, machines: Machines) -> None:
    arn = machines.start({"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E"}}})
    machines.wait(arn)

    ended = redrive(aws, machines, arn)

    assert (ended["status"], ended["error"], ended["redriveCount"]) == ("FAILED", "E", 1)
    types = [event["type"] for event in events(aws, arn)]
    assert types.count("FailStateEntered") == 2


def test_retries_are_counted_anew(aws: EmbeddedAws, machines: Machines) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    state = put(new_bucket(), Retry=retry)
    arn = machines.start({"StartAt": "A", "States": {"A": state}}, {"key": "k"})
    machines.wait(arn)

    redrive(aws, machines, arn)

    assert [e["type"] for e in events(aws, arn)].count("TaskScheduled") == 4


def test_machine_timeout_begins_anew(aws: EmbeddedAws, machines: Machines) -> None:
    states = {"W": {"Type": "Wait", "Seconds": 2, "Next": "A"}, "A": put(new_bucket())}
    arn = machines.start({"StartAt": "W", "TimeoutSeconds": 1, "States": states}, {"key": "k"})
    first = machines.wait(arn)
    again = time.monotonic()

    second = redrive(aws, machines, arn)

    assert (first["status"], second["status"]) == ("TIMED_OUT", "TIMED_OUT")
    assert first["stopDate"] - first["startDate"] < datetime.timedelta(seconds=1.9)
    assert 0.9 < time.monotonic() - again < 1.9


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_only_what_failed_in_a_parallel_or_map_state_runs_again(
    aws: EmbeddedAws, machines: Machines, kind: str
) -> None:
    there, missing = new_bucket(), new_bucket()
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=there)
    s3.put_bucket_versioning(Bucket=there, VersioningConfiguration={"Status": "Enabled"})
    steps = {
        "Note": put(there, Next="Then"),
        "Then": {**put(""), "Parameters": {"Bucket.$": "$.bucket", "Key.$": "$.key", "Body": "x"}},
    }
    steps["Note"].pop("End")
    items = [{"key": "0", "bucket": there}, {"key": "1", "bucket": missing}]
    if kind == "Map":
        state: State = {
            "Type": "Map",
            "MaxConcurrency": 1,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Note",
                "States": steps,
            },
        }
        machine_input: Any = items
    else:
        state = {"Type": "Parallel", "Branches": []}
        for index, item in enumerate(items):
            select = {"Type": "Pass", "Result": item, "Next": f"Note{index}"}
            named = json.loads(
                json.dumps(steps).replace("Note", f"Note{index}").replace("Then", f"Then{index}")
            )
            branch = {"StartAt": f"Select{index}", "States": {f"Select{index}": select, **named}}
            state["Branches"].append(branch)
        # the second branch fails only once the first has succeeded
        state["Branches"][1]["States"]["Select1"]["Next"] = "Wait"
        wait = {"Type": "Wait", "Seconds": 1, "Next": "Note1"}
        state["Branches"][1]["States"]["Wait"] = wait
        machine_input = {}
    definition = {"StartAt": "Both", "States": {"Both": {**state, "End": True}}}
    arn = machines.start(definition, machine_input)
    assert machines.wait(arn)["error"].endswith("NoSuchBucketException")
    versions_before = len(s3.list_object_versions(Bucket=there)["Versions"])
    s3.create_bucket(Bucket=missing)

    ended = redrive(aws, machines, arn)

    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"]) == items
    assert versions_before == 3  # both notes, and the first item's own object
    assert len(s3.list_object_versions(Bucket=there)["Versions"]) == versions_before
    assert s3.list_objects_v2(Bucket=missing)["KeyCount"] == 1


def test_aborted_execution_goes_on_where_it_was_stopped(
    aws: EmbeddedAws, machines: Machines
) -> None:
    states = {
        "A": {"Type": "Pass", "Result": {"seconds": 60}, "Next": "W"},
        "W": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True},
    }
    arn = machines.start({"StartAt": "A", "States": states})
    wait_for(aws, arn, "WaitStateEntered")
    aws.client("stepfunctions").stop_execution(executionArn=arn, error="E", cause="c")
    aws.client("stepfunctions").redrive_execution(executionArn=arn)

    running = aws.client("stepfunctions").describe_execution(executionArn=arn)
    aws.client("stepfunctions").stop_execution(executionArn=arn)

    assert running["status"] == "RUNNING"
    assert not {"error", "cause", "stopDate"} & running.keys()
    ended = machines.wait(arn)
    assert ended["status"] == "ABORTED"
    assert "error" not in ended
    types = [event["type"] for event in events(aws, arn)]
    assert types.count("PassStateEntered") == 1
    assert types.count("ExecutionAborted") == 2


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_aborted_branches_and_iterations_go_on(
    aws: EmbeddedAws, machines: Machines, kind: str
) -> None:
    states: State = {
        "P": {"Type": "Pass", "Assign": {"n.$": "$.n"}, "ResultPath": "$.p", "Next": "W"},
        "W": {"Type": "Wait", "SecondsPath": "$.n", "Next": "U"},
        "U": {"Type": "Pass", "Parameters": {"n.$": "$n"}, "End": True},
    }
    if kind == "Map":
        processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "P", "States": states}
        state: State = {"Type": "Map", "ItemProcessor": processor}
        machine_input: Any = [{"n": 0}, {"n": 1}, {"n": 1}]
    else:
        state = {"Type": "Parallel", "Branches": [{"StartAt": "P", "States": states}]}
        machine_input = {"n": 1}
    arn = machines.start({"StartAt": "B", "States": {"B": {**state, "End": True}}}, machine_input)
    wait_for(aws, arn, "WaitStateEntered")
    time.sleep(0.2)
    aws.client("stepfunctions").stop_execution(executionArn=arn)
    entered = [event["type"] for event in events(aws, arn)].count("WaitStateEntered")

    ended = redrive(aws, machines, arn)

    expected = [{"n": 0}, {"n": 1}, {"n": 1}] if kind == "Map" else [{"n": 1}]
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", expected)
    types = [event["type"] for event in events(aws, arn)]
    assert types.count("PassStateEntered") == 2 * len(expected)
    assert types.count("WaitStateEntered") == entered == len(expected)


@pytest.mark.parametrize(
    ("state", "status"),
    [({"Type": "Succeed"}, "SUCCEEDED"), ({"Type": "Wait", "Seconds": 60, "End": True}, "RUNNING")],
)
def test_running_and_succeeded_executions_are_not_redrivable(
    aws: EmbeddedAws, machines: Machines, state: State, status: str
) -> None:
    arn = machines.start({"StartAt": "A", "States": {"A": state}})
    if status == "SUCCEEDED":
        machines.wait(arn)

    error = refusal(aws, arn)

    described = aws.client("stepfunctions").describe_execution(executionArn=arn)
    aws.client("stepfunctions").stop_execution(executionArn=arn)
    assert error["Code"] == "ExecutionNotRedrivable"
    assert error["Message"] == f"Execution is {status} and cannot be redriven."
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == error["Message"]


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (15, "Execution redrivable period exceeded."),
        (400, "Execution has exceeded the max execution time."),
    ],
)
def test_old_executions_are_not_redrivable(
    aws: EmbeddedAws, machines: Machines, days: int, message: str
) -> None:
    arn = machines.start({"StartAt": "A", "States": {"A": {"Type": "Fail"}}})
    machines.wait(arn)
    backend = stepfunctions_parser_backends[ACCOUNT_ID][aws.region]
    execution = backend.describe_execution(arn)
    execution.start_date -= datetime.timedelta(days=days)
    execution.stop_date -= datetime.timedelta(days=days)

    assert refusal(aws, arn)["Message"] == message


def test_full_history_is_not_redrivable(
    aws: EmbeddedAws, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = machines.start({"StartAt": "A", "States": {"A": {"Type": "Fail"}}})
    machines.wait(arn)
    monkeypatch.setattr(limits, "MAX_HISTORY_EVENTS", len(events(aws, arn)) + 1)

    assert refusal(aws, arn)["Message"] == "Execution history event limit exceeded."


def test_distributed_map_is_refused_by_name(aws: EmbeddedAws, machines: Machines) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}},
    }
    state = {"Type": "Map", "ItemProcessor": processor, "End": True}
    arn = machines.start({"StartAt": "M", "States": {"M": state}}, [1])
    wait_for(aws, arn, "MapRunStarted")
    aws.client("stepfunctions").stop_execution(executionArn=arn)

    assert refusal(aws, arn)["Code"] == "UnsupportedInEmbeddedAws"


def test_same_client_token_redrives_once(aws: EmbeddedAws, machines: Machines) -> None:
    arn = machines.start({"StartAt": "A", "States": {"A": {"Type": "Fail"}}})
    machines.wait(arn)
    call = aws.client("stepfunctions").redrive_execution

    first = call(executionArn=arn, clientToken="t")["redriveDate"]
    machines.wait(arn)
    second = call(executionArn=arn, clientToken="t")["redriveDate"]

    assert first == second
    assert machines.wait(arn)["redriveCount"] == 1


def test_executions_are_listed_by_redrive(aws: EmbeddedAws, machines: Machines) -> None:
    stepfunctions = aws.client("stepfunctions")
    machine = machines.create({"StartAt": "A", "States": {"A": {"Type": "Fail"}}})
    arns = [stepfunctions.start_execution(stateMachineArn=machine)["executionArn"] for _ in "ab"]
    for arn in arns:
        machines.wait(arn)
    redrive(aws, machines, arns[0])

    def listed(**more: Any) -> list[tuple[str, int]]:
        answer = stepfunctions.list_executions(stateMachineArn=machine, **more)
        return [(e["executionArn"], e["redriveCount"]) for e in answer["executions"]]

    assert listed(redriveFilter="REDRIVEN") == [(arns[0], 1)]
    assert listed(redriveFilter="NOT_REDRIVEN") == [(arns[1], 0)]
    assert listed(statusFilter="FAILED") == [(arns[1], 0), (arns[0], 1)]
    page = stepfunctions.list_executions(stateMachineArn=machine, maxResults=1)
    assert listed(nextToken=page["nextToken"]) == [(arns[0], 1)]


def test_ends_of_redrives_are_events_and_the_log_goes_on(
    aws: EmbeddedAws, machines: Machines
) -> None:
    name = f"redrive-{uuid.uuid4()}"
    queue = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    rules = aws.client("events")
    group = f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/{name}:*"
    machine = aws.client("stepfunctions").create_state_machine(
        name=name,
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E"}}}),
        roleArn=ROLE_ARN,
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
        },
    )["stateMachineArn"]
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine]}}
    rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
    target = f"arn:aws:sqs:us-east-1:{ACCOUNT_ID}:{name}"
    rules.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": target}])
    arn = aws.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]
    machines.wait(arn)

    redrive(aws, machines, arn)

    statuses: list[str] = []
    for _ in range(100):
        received = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        bodies = [json.loads(m["Body"]) for m in received.get("Messages", [])]
        statuses += [body["detail"]["status"] for body in bodies]
        if len(statuses) >= 4:
            break
        threading.Event().wait(0.02)
    assert sorted(statuses) == ["FAILED", "FAILED", "RUNNING", "RUNNING"]
    entries = aws.client("logs").filter_log_events(logGroupName=f"/{name}")["events"]
    logged = [json.loads(entry["message"]) for entry in entries]
    assert [(entry["type"], entry["redrive_count"]) for entry in logged] == [
        ("ExecutionStarted", "0"),
        ("FailStateEntered", "0"),
        ("ExecutionFailed", "0"),
        ("ExecutionRedriven", "1"),
        ("FailStateEntered", "1"),
        ("ExecutionFailed", "1"),
    ]
