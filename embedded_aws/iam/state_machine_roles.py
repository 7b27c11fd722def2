"""What Step Functions asks of a role when a state machine is created or updated.

Sources: Step Functions developer guide, "IAM policies for integrated services" (who waits with
``.sync`` has a managed rule of EventBridge) and "Using CloudWatch Logs to log execution history"
(log deliveries, on all resources). The messages are those that people report. Whether the role
can be assumed at all is found here when a task first calls something.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from embedded_aws.iam.enforcement import has_all
from embedded_aws.iam.errors import AccessDeniedError, RoleNotAssumableError
from embedded_aws.iam.permissions import Permission
from embedded_aws.iam.role_sessions import STEP_FUNCTIONS, assume

_RULES = {
    "createTrainingJob": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "createTransformJob": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "createHyperParameterTuningJob": "StepFunctionsGetEventsForSageMakerTuningJobsRule",
}
_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
_LOG_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


def check_role(
    machine_arn: str, role_arn: str, definition: str, logging: Mapping[str, Any] | None
) -> None:
    """Check the role of a state machine.

    Parameters
    ----------
    machine_arn, role_arn : str
    definition : str
        Of the state machine, as JSON.
    logging : mapping, optional
        Its loggingConfiguration.

    Raises
    ------
    AccessDeniedError
        If a permission is missing for its rules or its log.
    """
    _, partition, _, region, account_id, _ = machine_arn.split(":", 5)
    rules = sorted({_RULES[action] for action in _waiting(json.loads(definition))})
    logs = (logging or {}).get("level", "OFF") != "OFF"
    if not rules and not logs:
        return
    try:
        session = assume(role_arn, STEP_FUNCTIONS, name="StepFunctions", source_arn=machine_arn)
    except RoleNotAssumableError:
        raise AccessDeniedError(
            "Neither the global service principal states.amazonaws.com, nor the regional one is "
            "authorized to assume the provided role."
        ) from None
    on_rules = [
        Permission(action, f"arn:{partition}:events:{region}:{account_id}:rule/{rule}")
        for rule in rules
        for action in _RULE_ACTIONS
    ]
    if not has_all(session, on_rules, region):
        raise AccessDeniedError(f"'{role_arn}' is not authorized to create managed-rule.")
    on_logs = [Permission(action, "*") for action in _LOG_ACTIONS if logs]
    if not has_all(session, on_logs, region):
        raise AccessDeniedError(
            "The state machine IAM Role is not authorized to access the Log Destination"
        )


def _waiting(value: Any) -> Iterator[str]:
    """Actions of SageMaker that the tasks of a definition wait for, at any depth."""
    if isinstance(value, dict):
        resource = value.get("Resource")
        if isinstance(resource, str) and resource.endswith(".sync"):
            action = resource.rpartition(":")[2].removesuffix(".sync")
            if ":sagemaker:" in resource and action in _RULES:
                yield action
        for item in value.values():
            yield from _waiting(item)
    elif isinstance(value, list):
        for item in value:
            yield from _waiting(item)
