"""Step Functions, Lambda and CloudWatch Logs count what they do, as they do on AWS.

Sources: Step Functions developer guide, "Monitoring Step Functions metrics using Amazon
CloudWatch"; Lambda developer guide, "Types of metrics for Lambda functions".
"""

from __future__ import annotations

import time
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow
from moto.logs.models import LogsBackend
from moto.stepfunctions.parser.backend.execution import Execution

from embedded_aws.alarms import status_events
from embedded_aws.alarms.embedded_metric_format import metric_data

_STATES = "AWS/States"
_LAMBDA = "AWS/Lambda"
_COUNTED_ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def apply() -> None:
    """Count executions, invocations, and what log lines say."""
    status_events.on_status_change(_count_execution)
    _count_invocations()
    _read_logs()


def _count_execution(execution: Execution, status: str) -> None:
    if status == "RUNNING":
        counts = [("ExecutionsStarted", 1.0, "Count")]
    else:
        milliseconds = (execution.stop_date - execution.start_date).total_seconds() * 1000
        counts = [
            (_COUNTED_ENDS[status], 1.0, "Count"),
            ("ExecutionTime", milliseconds, "Milliseconds"),
        ]
    dimension = ("StateMachineArn", execution.state_machine.arn)
    _put(execution.account_id, execution.region_name, _STATES, dimension, counts)


def _count_invocations() -> None:
    invoke = LambdaFunction._invoke_lambda

    def counted(self: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        started = time.monotonic()
        result, is_error, log = invoke(self, event)
        counts = [
            ("Invocations", 1.0, "Count"),
            ("Errors", float(is_error), "Count"),
            ("Throttles", 0.0, "Count"),
            ("Duration", (time.monotonic() - started) * 1000, "Milliseconds"),
        ]
        dimension = ("FunctionName", self.function_name)
        _put(self.account_id, self.region, _LAMBDA, dimension, counts)
        return result, is_error, log

    LambdaFunction._invoke_lambda = counted


def _read_logs() -> None:
    put_log_events = LogsBackend.put_log_events

    def put_and_read(
        self: LogsBackend, log_group_name: str, log_stream_name: str, log_events: list[Any]
    ) -> Any:
        answer = put_log_events(self, log_group_name, log_stream_name, log_events)
        backend = cloudwatch_backends[self.account_id][self.region_name]
        for event in log_events:
            for namespace, datum in metric_data(event["message"]):
                backend.put_metric_data(namespace, [datum])
        return answer

    LogsBackend.put_log_events = put_and_read


def _put(
    account_id: str,
    region: str,
    namespace: str,
    dimension: tuple[str, str],
    counts: list[tuple[str, float, str]],
) -> None:
    name, value = dimension
    cloudwatch_backends[account_id][region].put_metric_data(
        namespace,
        [
            {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value}],
                "Timestamp": utcnow(),
                "Unit": unit,
                "Values": [number],
            }
            for metric, number, unit in counts
        ],
    )
