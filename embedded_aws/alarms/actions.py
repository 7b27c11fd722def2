"""What an alarm does when its state changes: it publishes to topics.

Form of the message: CloudWatch user guide, "Notifying users on alarm changes".
"""

from __future__ import annotations

import json
import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudwatch.models import Alarm

from embedded_aws.role_clients import client_for

_log = logging.getLogger(__name__)

_LONGEST_SUBJECT = 100


def run_actions(alarm: Alarm, *, before: str | None, account_id: str) -> None:
    """Publish a change of state to the topics that the alarm names for it."""
    topics = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }[alarm.state_value]
    message = json.dumps(_message(alarm, before, account_id))
    subject = f'{alarm.state_value}: "{alarm.name}" in {alarm.region_name}'[:_LONGEST_SUBJECT]
    for topic in topics:
        try:
            client_for(topic.split(":")[3], "sns").publish(
                TopicArn=topic, Message=message, Subject=subject
            )
        except (ClientError, BotoCoreError) as error:
            _log.warning("alarm %s: action %s: %s", alarm.name, topic, error)


def _message(alarm: Alarm, before: str | None, account_id: str) -> dict[str, Any]:
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account_id,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": f"{alarm.state_updated_timestamp.isoformat(timespec='milliseconds')}Z",
        "Region": alarm.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "Statistic": (alarm.statistic or "").upper(),
            "Dimensions": [{"name": d.name, "value": d.value} for d in alarm.dimensions],
            "Period": alarm.period,
            "EvaluationPeriods": alarm.evaluation_periods,
            "DatapointsToAlarm": alarm.datapoints_to_alarm,
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": alarm.threshold,
            "TreatMissingData": alarm.treat_missing_data,
        },
    }
