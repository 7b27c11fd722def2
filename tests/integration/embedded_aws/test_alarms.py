"""A failing run raises the alarm; alarms and status changes reach those who listen to a topic."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import Machines, task
from tests.integration.embedded_aws.listener import SECONDS, Listener


@pytest.fixture
def listener(aws: EmbeddedAws, request: pytest.FixtureRequest) -> Listener:
    name = f"t-{abs(hash(request.node.name))}"
    return Listener(aws, name, aws.client("sns").create_topic(Name=name)["TopicArn"])


@pytest.fixture
def put_alarm(aws: EmbeddedAws) -> Iterator[Callable[..., str]]:
    names: list[str] = []

    def put(name: str, **settings: Any) -> str:
        aws.client("cloudwatch").put_metric_alarm(
            **{
                "AlarmName": name,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "TreatMissingData": "notBreaching",
                **({} if "Metrics" in settings else {"Period": 300, "Statistic": "Sum"}),
                **settings,
            }
        )
        names.append(name)
        return name

    yield put
    aws.client("cloudwatch").delete_alarms(AlarmNames=names)


def state(aws: EmbeddedAws, alarm: str) -> str:
    (found,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return str(found["StateValue"])


def wait_for(aws: EmbeddedAws, alarm: str, expected: str) -> None:
    end = time.monotonic() + SECONDS
    while state(aws, alarm) != expected:
        assert time.monotonic() < end, f"{alarm} is {state(aws, alarm)}, not {expected}"
        time.sleep(0.05)


def values(aws: EmbeddedAws, namespace: str, name: str, **dimensions: str) -> list[float]:
    """Sum and number of a metric's values in the last minutes."""
    now = datetime.now(UTC)
    points = aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": n, "Value": v} for n, v in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return [
        sum(point["Sum"] for point in points),
        sum(point["SampleCount"] for point in points),
    ]


FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E", "Cause": "why"}}}
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}}


def of_machine(arn: str, metric: str) -> dict[str, Any]:
    return {
        "Namespace": "AWS/States",
        "MetricName": metric,
        "Dimensions": [{"Name": "StateMachineArn", "Value": arn}],
    }


def run_machine(aws: EmbeddedAws, machines: Machines, arn: str) -> dict[str, Any]:
    started = aws.client("stepfunctions").start_execution(stateMachineArn=arn)
    return machines.wait(started["executionArn"])


def test_a_failing_run_raises_the_alarm_once(
    aws: EmbeddedAws, machines: Machines, listener: Listener, put_alarm: Callable[..., str]
) -> None:
    arn = machines.create(FAIL)
    alarm = put_alarm(
        "failed",
        AlarmActions=[listener.topic],
        AlarmDescription="what to do",
        **of_machine(arn, "ExecutionsFailed"),
    )
    assert state(aws, alarm) == "INSUFFICIENT_DATA"
    wait_for(aws, alarm, "OK")

    run_machine(aws, machines, arn)

    wait_for(aws, alarm, "ALARM")
    (message,) = listener.messages(1)
    assert message["Subject"] == 'ALARM: "failed" in us-east-1'
    told = json.loads(message["Message"])
    assert (told["AlarmName"], told["OldStateValue"], told["NewStateValue"]) == (
        "failed",
        "OK",
        "ALARM",
    )
    assert told["AlarmDescription"] == "what to do"
    assert "[1] crossed the threshold" in told["NewStateReason"]


def test_executions_are_counted_by_how_they_end(aws: EmbeddedAws, machines: Machines) -> None:
    succeeding, failing, waiting = (machines.create(d) for d in (PASS, FAIL, WAIT))
    timing_out = machines.create({**WAIT, "TimeoutSeconds": 1})
    run_machine(aws, machines, succeeding)
    run_machine(aws, machines, succeeding)
    run_machine(aws, machines, failing)
    execution = aws.client("stepfunctions").start_execution(stateMachineArn=waiting)["executionArn"]
    aws.client("stepfunctions").stop_execution(executionArn=execution)
    machines.wait(execution)
    run_machine(aws, machines, timing_out)

    def counted(name: str, arn: str) -> list[float]:
        return values(aws, "AWS/States", name, StateMachineArn=arn)

    assert counted("ExecutionsStarted", succeeding) == [2, 2]
    assert counted("ExecutionsSucceeded", succeeding) == [2, 2]
    assert counted("ExecutionsFailed", succeeding) == [0, 0]
    assert counted("ExecutionsFailed", failing) == [1, 1]
    assert counted("ExecutionsAborted", waiting) == [1, 1]
    assert counted("ExecutionsTimedOut", timing_out) == [1, 1]
    milliseconds, n_values = counted("ExecutionTime", timing_out)
    assert n_values == 1
    assert 900 < milliseconds < 10_000


def test_functions_are_counted_and_their_logs_read(
    aws: EmbeddedAws, create_function: Callable[..., str]
) -> None:
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {"Namespace": "Mine", "Dimensions": [["Stack"]], "Metrics": [{"Name": "Rows"}]}
            ],
        },
        "Stack": "S",
        "Rows": 7,
    }
    create_function(
        "counted",
        f"import json\ndef handle(event, context):\n    print(json.dumps({line!r}))\n"
        "    assert event != 'fail'\n",
    )

    for event in ("go", "fail"):
        aws.client("lambda").invoke(FunctionName="counted", Payload=json.dumps(event))

    def counted(name: str) -> list[float]:
        return values(aws, "AWS/Lambda", name, FunctionName="counted")

    assert counted("Invocations") == [2, 2]
    assert counted("Errors") == [1, 2]
    assert counted("Throttles") == [0, 2]
    assert counted("Duration")[0] > 0
    assert values(aws, "Mine", "Rows", Stack="S") == [14, 2]


def test_metric_math_is_evaluated_and_anything_else_refused_by_name(
    aws: EmbeddedAws, put_alarm: Callable[..., str]
) -> None:
    def metrics(expression: str) -> list[dict[str, Any]]:
        stat = {
            "Metric": {"Namespace": "Q", "MetricName": "Rmse"},
            "Period": 300,
            "Stat": "Maximum",
        }
        return [
            {"Id": "watched", "Expression": expression, "ReturnData": True},
            {"Id": "rmse", "MetricStat": stat, "ReturnData": False},
        ]

    alarm = put_alarm("math", Metrics=metrics("rmse / 2"), TreatMissingData="ignore")
    aws.client("cloudwatch").put_metric_data(
        Namespace="Q", MetricData=[{"MetricName": "Rmse", "Value": 2.5}]
    )

    wait_for(aws, alarm, "ALARM")
    with pytest.raises(ClientError, match=r"UnsupportedInEmbeddedAws.*ANOMALY_DETECTION_BAND"):
        put_alarm("other", Metrics=metrics("ANOMALY_DETECTION_BAND(rmse)"))
    assert not aws.client("cloudwatch").describe_alarms(AlarmNames=["other"])["MetricAlarms"]


def test_an_alarm_that_is_put_again_keeps_its_state_and_disabled_actions_stay_away(
    aws: EmbeddedAws, listener: Listener, put_alarm: Callable[..., str]
) -> None:
    nowhere = {"Namespace": "Z", "MetricName": "None", "TreatMissingData": "ignore"}
    alarm = put_alarm("kept", ActionsEnabled=False, AlarmActions=[listener.topic], **nowhere)
    cloudwatch = aws.client("cloudwatch")

    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="by hand")
    put_alarm("kept", OKActions=[listener.topic], **nowhere)
    assert state(aws, alarm) == "ALARM"
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="by hand")

    (message,) = listener.messages(1)
    assert json.loads(message["Message"])["NewStateValue"] == "OK"


def test_status_changes_reach_topics_by_the_rules_that_match(
    aws: EmbeddedAws, machines: Machines, listener: Listener
) -> None:
    failing, succeeding = machines.create(FAIL), machines.create(PASS)
    events = aws.client("events")
    events.put_rule(
        Name="failures",
        EventPattern=json.dumps(
            {
                "source": ["aws.states"],
                "detail-type": ["Step Functions Execution Status Change"],
                "detail": {"status": ["FAILED"], "stateMachineArn": [failing, succeeding]},
            }
        ),
    )
    template = {
        "InputPathsMap": {"why": "$.detail.cause", "status": "$.detail.status"},
        "InputTemplate": '"it <status>"\n"because <why>"',
    }
    target = {"Id": "1", "Arn": listener.topic, "InputTransformer": template}
    events.put_targets(Rule="failures", Targets=[target])
    # moto takes a rule without a pattern for one that matches everything
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": listener.topic}])

    run_machine(aws, machines, succeeding)
    run_machine(aws, machines, failing)

    (message,) = listener.messages(1)
    assert message["Message"] == '"it FAILED"\n"because why"'


def test_a_running_execution_is_an_event_too_and_a_disabled_rule_sends_none(
    aws: EmbeddedAws, machines: Machines, listener: Listener
) -> None:
    arn = machines.create(PASS)
    pattern = json.dumps({"source": ["aws.states"], "detail": {"stateMachineArn": [arn]}})
    for name, rule_state in (("all", "ENABLED"), ("off", "DISABLED")):
        aws.client("events").put_rule(Name=name, EventPattern=pattern, State=rule_state)
        aws.client("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": listener.topic}])

    run_machine(aws, machines, arn)

    told = [json.loads(message["Message"]) for message in listener.messages(2)]
    assert sorted(event["detail"]["status"] for event in told) == ["RUNNING", "SUCCEEDED"]
    ended = next(event["detail"] for event in told if event["detail"]["status"] == "SUCCEEDED")
    assert (ended["output"], ended["error"], ended["cause"]) == ("{}", None, None)
    assert ended["startDate"] <= ended["stopDate"]


def test_a_state_can_publish_to_a_topic(machines: Machines, listener: Listener) -> None:
    machines.output(
        task(
            "arn:aws:states:::sns:publish",
            {
                "TopicArn": listener.topic,
                "Message.$": "States.Format('one {}\n\ntwo', $.x)",
                "Subject": "s",
            },
        ),
        {"x": "with \"quotes\", {braces} and 'apostrophes'"},
    )

    (message,) = listener.messages(1)
    assert message["Subject"] == "s"
    assert message["Message"] == "one with \"quotes\", {braces} and 'apostrophes'\n\ntwo"
