"""The resource types that the embedded AWS offers in templates."""

from __future__ import annotations

from collections.abc import Iterable

from embedded_aws.cloudformation.errors import ValidationError
from embedded_aws.cloudformation.resource_types import (
    budgets,
    custom,
    functions,
    glue,
    iam,
    keys,
    logs,
    messaging,
    monitoring,
    s3,
    scheduling,
    state_machines,
    stores,
)
from embedded_aws.cloudformation.resource_types.base import ResourceType

RESOURCE_TYPES: dict[str, ResourceType] = {
    resource_type.type_name: resource_type()
    for resource_type in (
        budgets.Budget,
        custom.AutoDeleteObjects,
        custom.Metadata,
        functions.EventInvokeConfig,
        functions.Function,
        functions.LayerVersion,
        functions.Permission,
        glue.Job,
        iam.ManagedPolicy,
        iam.Policy,
        iam.Role,
        keys.Alias,
        keys.Key,
        logs.LogGroup,
        logs.MetricFilter,
        messaging.Queue,
        messaging.QueuePolicy,
        messaging.Subscription,
        messaging.Topic,
        messaging.TopicPolicy,
        monitoring.Alarm,
        monitoring.Dashboard,
        s3.Bucket,
        s3.BucketPolicy,
        scheduling.Rule,
        scheduling.Schedule,
        scheduling.ScheduleGroup,
        state_machines.StateMachine,
        stores.Parameter,
        stores.Repository,
    )
}
_CUSTOM = custom.CustomResource()


def resource_type(name: str) -> ResourceType:
    """Return what makes resources of a type.

    Parameters
    ----------
    name : str
        For example ``AWS::S3::Bucket`` or ``Custom::Anything``.

    Raises
    ------
    ValidationError
        If the embedded AWS does not offer it.
    """
    check_types([name])
    return RESOURCE_TYPES.get(name, _CUSTOM)


def check_types(names: Iterable[str]) -> None:
    """Refuse types that are not offered.

    Raises
    ------
    ValidationError
        With all their names.
    """
    unknown = sorted(
        {name for name in names if name not in RESOURCE_TYPES and not _is_custom(name)}
    )
    if unknown:
        raise ValidationError(
            "Template format error: Unrecognized resource types: "
            f"[{', '.join(unknown)}] (the embedded AWS does not offer them)"
        )


def _is_custom(name: str) -> bool:
    return name.startswith("Custom::") or name == "AWS::CloudFormation::CustomResource"
