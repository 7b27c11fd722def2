"""Which states of an execution's state machine have a log of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from console.errors import BadInputError
from console.execution_reference import Execution, step_functions_errors

_LOGS = re.compile(r":lambda:|:sagemaker:create\w+Job\b|:glue:startJobRun\b")


def check_step(execution: Execution, step: str) -> None:
    """Refuse a state that has no log.

    Parameters
    ----------
    execution : Execution
    step : str
        What the person calls it.

    Raises
    ------
    BadInputError
        If there is no such state in the execution's state machine, or it calls neither a function
        nor starts a job.
    EnvironmentProblemError
        If AWS cannot be reached or refuses.
    """
    with step_functions_errors(execution.arn):
        described = execution.access.client("stepfunctions").describe_state_machine_for_execution(
            executionArn=execution.arn
        )
    states: Mapping[str, Any] = json.loads(described["definition"])["States"]
    logged = [name for name, state in states.items() if _LOGS.search(state.get("Resource", ""))]
    if step not in logged:
        what = "it has no log of its own" if step in states else "there is no such state"
        raise BadInputError(f"--step {step}: {what}; expected one of {', '.join(logged)}")
