"""How a failed run ends: with an error and a cause of our choice, and so that it can be redriven.

A redrive runs again the state that failed last. A Fail state would fail again; the task here fails
by answering its own task token, and once redriven leads back into the run.
"""

from __future__ import annotations

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.retries import RetryPolicy

REDRIVEN = "Redriven"
_TIMEOUT = Duration.minutes(1)
_STEP_FUNCTIONS_API = RetryPolicy(
    errors=("Sfn.SfnException", "Sfn.SdkClientException"),
    first_wait_seconds=1,
    longest_wait_seconds=30,
    max_attempts=4,
)
# What the caller sees of a failed execution: a line for each of what, why, and what to do.
_CAUSE = (
    "States.Format('{} failed: {}\nWhat to do: {}\n{}', "
    "$failure.step, $failure.reason, $failure.advice, $failure.links)"
)
# The error, or that the execution was redriven since: redrives that it has had now, less those
# that it had when the step failed, is 0 or 1.
_ERROR = (
    f"States.ArrayGetItem(States.Array($failure.error, '{REDRIVEN}'), "
    "States.MathAdd($$.Execution.RedriveCount, "
    "States.StringToJson(States.Format('-{}', $failure.redrives))))"
)


def failed_end(scope: Construct, redriven: sfn.IChainable) -> sfn.CustomState:
    """Make the state that ends a failed run, ``RunFailed``.

    Parameters
    ----------
    scope : Construct
        Parent of the states.
    redriven : IChainable
        Where a redriven run goes on.

    Returns
    -------
    CustomState
        It needs ``states:SendTaskFailure`` for the state machine it belongs to: `permission`.
    """
    state = sfn.CustomState(
        scope,
        "RunFailed",
        state_json={
            "Type": "Task",
            "Comment": "The run failed; the cause names the step, the reason and what to do",
            "Resource": (
                f"arn:{Aws.PARTITION}:states:::aws-sdk:sfn:sendTaskFailure.waitForTaskToken"
            ),
            "Parameters": {
                "TaskToken.$": "$$.Task.Token",
                "Error.$": _ERROR,
                "Cause.$": _CAUSE,
            },
            "TimeoutSeconds": _TIMEOUT.to_seconds(),
        },
    )
    _STEP_FUNCTIONS_API.apply_to(state)
    state.add_catch(redriven, errors=[REDRIVEN], result_path=sfn.JsonPath.DISCARD)
    # Should the call itself fail, the run ends all the same, and can only be started anew.
    end = sfn.Fail(
        scope,
        "EndWithoutRedrive",
        comment="Step Functions did not take the failure: end without it",
        error_path="$failure.error",
        cause_path=_CAUSE,
    )
    state.next(end)
    state.add_catch(
        end,
        errors=[
            *_STEP_FUNCTIONS_API.errors,
            "Sfn.InvalidTokenException",
            "Sfn.TaskDoesNotExistException",
            "Sfn.TaskTimedOutException",
            sfn.Errors.TIMEOUT,
        ],
        result_path=sfn.JsonPath.DISCARD,
    )
    return state


def permission(state_machine_arn: str) -> iam.PolicyStatement:
    """Give what the state machine's role needs for ``RunFailed``."""
    return iam.PolicyStatement(actions=["states:SendTaskFailure"], resources=[state_machine_arn])
