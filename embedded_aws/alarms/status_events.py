"""A status change of an execution is an event that EventBridge's rules see.

moto's Step Functions tells nobody. Form of the event: Step Functions developer guide, "Automating
Step Functions event delivery with EventBridge"; its detail is what DescribeExecution answers.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule, events_backends
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)

from embedded_aws.events.target_input import target_input
from embedded_aws.events.targets import INVOCATION_ERRORS, invoke

_log = logging.getLogger(__name__)

_DETAIL_TYPE = "Step Functions Execution Status Change"

Observer = Callable[[Execution, str], None]
_observers: list[Observer] = []


def on_status_change(observer: Observer) -> None:
    """Call `observer` with each execution that starts or has ended, and its new status."""
    _observers.append(observer)


def apply() -> None:
    """Notice starts and ends, and send the events."""
    start = Execution.start
    terminated = BaseExecutionWorkerCommunication.terminated

    def start_and_tell(self: Execution) -> None:
        # Before it runs: it may be over by the time that `start` returns.
        _tell(self, "RUNNING")
        start(self)

    def end_and_tell(self: BaseExecutionWorkerCommunication) -> None:
        terminated(self)
        _tell(self.execution, self.execution.status)

    Execution.start = start_and_tell
    BaseExecutionWorkerCommunication.terminated = end_and_tell
    on_status_change(_send_event)


def _tell(execution: Execution, status: str) -> None:
    for observer in _observers:
        observer(execution, status)


def _send_event(execution: Execution, status: str) -> None:
    """Send without waiting: nobody waits for an event on AWS."""
    event = status_event(execution, status)
    bus = events_backends[execution.account_id][execution.region_name].event_buses["default"]
    for rule in list(bus.rules.values()):
        # A rule with a schedule has no pattern, which moto takes for one that matches anything.
        pattern = rule.event_pattern
        if rule.state == "ENABLED" and pattern.get_pattern() and pattern.matches_event(event):
            threading.Thread(target=_send_to_targets, args=(rule, event), daemon=True).start()


def status_event(execution: Execution, status: str) -> dict[str, Any]:
    """Make the event of an execution's new status."""
    ended = status != "RUNNING"
    succeeded = status == "SUCCEEDED"
    redriven_at = execution.redrives.date
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": _DETAIL_TYPE,
        "source": "aws.states",
        "account": execution.account_id,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": execution.region_name,
        "resources": [execution.exec_arn],
        "detail": {
            "executionArn": execution.exec_arn,
            "stateMachineArn": execution.state_machine.arn,
            "name": execution.name,
            "status": status,
            "startDate": _milliseconds(execution.start_date),
            "stopDate": _milliseconds(execution.stop_date) if ended else None,
            "input": json.dumps(execution.input_data),
            "inputDetails": {"included": True},
            "output": json.dumps(execution.output) if succeeded else None,
            "outputDetails": {"included": True} if succeeded else None,
            "error": execution.error,
            "cause": execution.cause,
            "redriveCount": execution.redrives.count,
            "redriveDate": _milliseconds(redriven_at) if redriven_at else None,
        },
    }


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _send_to_targets(rule: Rule, event: dict[str, Any]) -> None:
    for target in list(rule.targets):
        try:
            invoke(target, target_input(target, event), name=str(uuid.uuid4()))
        except INVOCATION_ERRORS as error:
            _log.warning("%s: target %s: %s", rule.arn, target["Arn"], error)
