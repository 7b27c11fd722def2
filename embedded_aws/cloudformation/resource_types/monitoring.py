"""``AWS::CloudWatch::Alarm`` and ``AWS::CloudWatch::Dashboard``."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    change_tags,
)

_LONGEST_NAME = 255


class Alarm(ResourceType):
    """An alarm; its properties are PutMetricAlarm's parameters."""

    type_name = "AWS::CloudWatch::Alarm"
    properties = frozenset(
        {
            "ActionsEnabled",
            "AlarmActions",
            "AlarmDescription",
            "AlarmName",
            "ComparisonOperator",
            "DatapointsToAlarm",
            "Dimensions",
            "EvaluateLowSampleCountPercentile",
            "EvaluationPeriods",
            "ExtendedStatistic",
            "InsufficientDataActions",
            "MetricName",
            "Metrics",
            "Namespace",
            "OKActions",
            "Period",
            "Statistic",
            "Tags",
            "Threshold",
            "ThresholdMetricId",
            "TreatMissingData",
            "Unit",
        }
    )
    immutable = frozenset({"AlarmName"})
    name_property = "AlarmName"

    def create(self, request: Request) -> Physical:
        """Make the alarm."""
        name = request.name("AlarmName", longest=_LONGEST_NAME)
        self._put(request, name, request.properties.get("Tags"))
        return Physical(name, {"Arn": request.arn("cloudwatch", f"alarm:{name}")})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Replace the settings; PutMetricAlarm leaves the tags of an alarm that exists."""
        self._put(request, physical.id, None)
        cloudwatch, arn = request.client("cloudwatch"), physical.attributes["Arn"]
        change_tags(
            request.properties,
            previous,
            remove=lambda keys: cloudwatch.untag_resource(ResourceARN=arn, TagKeys=keys),
            put=lambda tags: cloudwatch.tag_resource(ResourceARN=arn, Tags=tags),
        )
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the alarm."""
        request.client("cloudwatch").delete_alarms(AlarmNames=[physical.id])

    def _put(self, request: Request, name: str, tags: Any) -> None:
        parameters = {k: v for k, v in request.properties.items() if k != "Tags"}
        # ActionsEnabled is true unless said otherwise.
        parameters = {"ActionsEnabled": True, **parameters, "AlarmName": name}
        request.client("cloudwatch").put_metric_alarm(
            **parameters, **({"Tags": tags} if tags else {})
        )


class Dashboard(ResourceType):
    """A dashboard."""

    type_name = "AWS::CloudWatch::Dashboard"
    properties = frozenset({"DashboardBody", "DashboardName"})
    without_effect = frozenset({"Tags"})
    immutable = frozenset({"DashboardName"})
    name_property = "DashboardName"

    def create(self, request: Request) -> Physical:
        """Make the dashboard."""
        return self._put(request, request.name("DashboardName", longest=_LONGEST_NAME))

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:  # noqa: ARG002
        """Replace what the dashboard shows."""
        return self._put(request, physical.id)

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the dashboard."""
        cloudwatch = request.client("cloudwatch")
        try:
            cloudwatch.delete_dashboards(DashboardNames=[physical.id])
        except cloudwatch.exceptions.DashboardNotFoundError:
            return

    def _put(self, request: Request, name: str) -> Physical:
        request.client("cloudwatch").put_dashboard(
            DashboardName=name, DashboardBody=request.properties["DashboardBody"]
        )
        return Physical(name)
