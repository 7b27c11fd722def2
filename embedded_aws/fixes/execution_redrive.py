"""RedriveExecution works, and executions are described and listed with their redrives.

moto knows none of it, shows no ``stopDate`` of an execution that timed out, and describes for an
execution the state machine as it is today instead of as it was when the execution started.
"""

from __future__ import annotations

import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

from embedded_aws.step_functions.redrive import reason_against, redrive

_MOST_EXECUTIONS = 1000  # AWS's largest page
_PAGE = 100


def apply() -> None:
    """Answer RedriveExecution, and complete the answers of Describe and List."""
    describe_execution = StepFunctionResponse.describe_execution

    def redrive_execution(self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        return ActionResult({"redriveDate": redrive(execution, self._get_param("clientToken"))})

    def describe_with_redrives(self: StepFunctionResponse) -> ActionResult:
        arn = self._get_param("executionArn")
        execution: Any = self.stepfunction_backend.describe_execution(arn)
        answer: Any = describe_execution(self).result
        if answer["status"] == "TIMED_OUT":
            answer["stopDate"] = execution.stop_date
        if execution.sm_type != "EXPRESS":
            answer |= _redrives(execution)
            reason = reason_against(execution, datetime.datetime.now(datetime.UTC))
            answer["redriveStatus"] = "NOT_REDRIVABLE" if reason else "REDRIVABLE"
            if reason:
                answer["redriveStatusReason"] = reason
        return ActionResult(answer)

    StepFunctionResponse.redrive_execution = redrive_execution
    StepFunctionResponse.describe_execution = describe_with_redrives
    StepFunctionResponse.list_executions = list_executions
    StepFunctionResponse.describe_state_machine_for_execution = describe_state_machine


def list_executions(response: StepFunctionResponse) -> ActionResult:
    """Answer ListExecutions, the latest first."""
    arn = response._get_param("stateMachineArn")
    status = response._get_param("statusFilter")
    redriven = response._get_param("redriveFilter")
    machine = response.stepfunction_backend.describe_state_machine(arn)
    executions: list[Any] = sorted(machine.executions, key=lambda e: e.start_date, reverse=True)
    chosen = [
        execution
        for execution in executions
        if status in (None, execution.status)
        and redriven in (None, "REDRIVEN" if execution.redrives.count else "NOT_REDRIVEN")
    ]
    first = int(response._get_param("nextToken") or 0)
    size = int(response._get_param("maxResults") or _PAGE)
    last = first + min(size, _MOST_EXECUTIONS)
    answer: dict[str, Any] = {"executions": [_item(e, machine.arn) for e in chosen[first:last]]}
    if last < len(chosen):
        answer["nextToken"] = str(last)
    return ActionResult(answer)


def _item(execution: Any, state_machine_arn: str) -> dict[str, Any]:
    item = {
        "executionArn": execution.exec_arn,
        "name": execution.name,
        "startDate": execution.start_date,
        "stateMachineArn": state_machine_arn,
        "status": execution.status,
        **_redrives(execution),
    }
    if execution.status != "RUNNING":
        item["stopDate"] = execution.stop_date
    return item


def _redrives(execution: Any) -> dict[str, Any]:
    redrives: dict[str, Any] = {"redriveCount": execution.redrives.count}
    if execution.redrives.date is not None:
        redrives["redriveDate"] = execution.redrives.date
    return redrives


def describe_state_machine(response: StepFunctionResponse) -> ActionResult:
    """Answer DescribeStateMachineForExecution: what the execution runs and redrives run."""
    arn = response._get_param("executionArn")
    machine: Any = response.stepfunction_backend.describe_execution(arn).state_machine
    return ActionResult(
        {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "definition": machine.definition,
            "roleArn": machine.roleArn,
            "updateDate": machine.update_date,
            "loggingConfiguration": machine.loggingConfiguration,
            "tracingConfiguration": machine.tracingConfiguration,
        }
    )
