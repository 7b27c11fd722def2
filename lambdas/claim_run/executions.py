"""What Step Functions knows of other executions."""

from __future__ import annotations

from typing import Any, Literal

from botocore.exceptions import ClientError

from lambdas.runtime.store import error_code

ExecutionState = Literal["running", "ended", "unknown"]

# A run that waits for a redrive still holds what it has begun.
_RUNNING = {"RUNNING", "PENDING_REDRIVE"}


class Executions:
    """Executions of the state machine.

    Parameters
    ----------
    client : Step Functions client of boto3
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def state(self, execution_arn: str) -> ExecutionState:
        """Look up an execution.

        Returns
        -------
        str
            "unknown" if there is none of that name. The answers of DescribeExecution are
            "eventually consistent" (Step Functions API reference, DescribeExecution), so it may
            have been started just now.
        """
        try:
            found = self._client.describe_execution(executionArn=execution_arn)
        except ClientError as error:
            if error_code(error) != "ExecutionDoesNotExist":
                raise
            return "unknown"
        return "running" if found["status"] in _RUNNING else "ended"
