"""What the caller may do, as IAM's policy simulator says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from console.doctor.finding import Finding, NotSeenError, Status, ask

# What `recommender start`, `watch`, `report` and `schedule` call, by resource.
_MACHINE, _EXECUTIONS, _BUCKET, _OBJECTS, _ANY = (
    "state machine", "executions", "bucket", "objects", "*",
)  # fmt: skip
COMMAND_ACTIONS: Mapping[str, tuple[str, ...]] = {
    _MACHINE: ("states:StartExecution",),
    _EXECUTIONS: (
        "states:DescribeExecution",
        "states:DescribeStateMachineForExecution",
        "states:GetExecutionHistory",
    ),
    _BUCKET: ("s3:ListBucket",),
    _OBJECTS: ("s3:GetObject",),
    _ANY: (
        "cloudformation:DescribeStacks",
        "lambda:GetFunctionConfiguration",
        "logs:DescribeLogStreams",
        "logs:GetLogEvents",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
        "scheduler:ListSchedules",
    ),
}
_ASSUMED_ROLE = re.compile(r"arn:[^:]+:sts::\d{12}:assumed-role/([^/]+)/.+")
_USER = re.compile(r"arn:[^:]+:iam::\d{12}:user/.+")


def check_permissions(
    iam: Any, caller_arn: str, *, state_machine_arn: str, data_bucket: str
) -> list[Finding]:
    """Simulate the calls of the commands with the caller's identity policies.

    The simulator knows no session policies and, unless they are given, no policies of resources
    (IAM user guide, "Testing IAM policies"), so a denial is a warning only.

    Parameters
    ----------
    iam : IAM client of boto3
    caller_arn : str
        As STS says.
    state_machine_arn, data_bucket : str
        Outputs of the stack.

    Raises
    ------
    NotSeenError
        If the caller may not simulate, or is nobody who can be simulated.
    """
    source = _policy_source(iam, caller_arn)
    partition = state_machine_arn.split(":")[1]
    resources = {
        _MACHINE: state_machine_arn,
        _EXECUTIONS: state_machine_arn.replace(":stateMachine:", ":execution:") + ":*",
        _BUCKET: f"arn:{partition}:s3:::{data_bucket}",
        _OBJECTS: f"arn:{partition}:s3:::{data_bucket}/*",
        _ANY: "*",
    }
    denied = []
    for kind, actions in COMMAND_ACTIONS.items():
        answer = ask(
            "iam:SimulatePrincipalPolicy",
            partial(
                iam.simulate_principal_policy,
                PolicySourceArn=source,
                ActionNames=list(actions),
                ResourceArns=[resources[kind]],
            ),
        )
        denied += [
            result["EvalActionName"]
            for result in answer["EvaluationResults"]
            if result["EvalDecision"] != "allowed"
        ]
    if denied:
        return [
            Finding(
                "permissions",
                Status.WARNING,
                f"IAM's simulator says {source} may not {', '.join(denied)}",
                "get these permissions for start, watch, report and schedule",
            )
        ]
    n_actions = sum(map(len, COMMAND_ACTIONS.values()))
    found = f"IAM's simulator allows {source} the {n_actions} actions of the commands"
    return [Finding("permissions", Status.OK, found)]


def _policy_source(iam: Any, caller_arn: str) -> str:
    """Find the user or role behind a caller; the ARN of a role's session lacks the role's path."""
    role = _ASSUMED_ROLE.fullmatch(caller_arn)
    if role is not None:
        answer = ask("iam:GetRole", lambda: iam.get_role(RoleName=role[1]))
        return str(answer["Role"]["Arn"])
    if _USER.fullmatch(caller_arn):
        return caller_arn
    raise NotSeenError(f"{caller_arn} is no user or role, and cannot be simulated")
