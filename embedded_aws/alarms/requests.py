"""Alarms that cannot be evaluated are refused; a new state starts its actions.

AWS starts an alarm as INSUFFICIENT_DATA, keeps the state of one that is put again, and acts on
every change of state, SetAlarmState's too. moto starts and restarts with OK, and never acts.
"""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend

from embedded_aws.alarms.actions import run_actions
from embedded_aws.alarms.definition import AlarmDefinition
from embedded_aws.errors import EmbeddedAwsError
from embedded_aws.unsupported import UnsupportedInEmbeddedAws


def apply() -> None:
    """Check alarms when they are put, and act when their state changes."""
    put_metric_alarm = CloudWatchBackend.put_metric_alarm
    set_alarm_state = CloudWatchBackend.set_alarm_state

    def put_checked(self: CloudWatchBackend, name: str, *args: Any, **settings: Any) -> Alarm:
        before = self.alarms.get(name)
        alarm = put_metric_alarm(self, name, *args, **settings)
        try:
            AlarmDefinition.of(alarm)
        except EmbeddedAwsError as error:
            self.alarms.pop(name)
            if before is not None:
                self.alarms[name] = before
            raise UnsupportedInEmbeddedAws(str(error)) from error
        alarm.state_value = before.state_value if before else "INSUFFICIENT_DATA"
        if before:
            alarm.history = before.history
        return alarm

    def set_and_act(
        self: CloudWatchBackend, alarm_name: str, reason: str, reason_data: str, state_value: str
    ) -> None:
        alarm = self.alarms.get(alarm_name)
        before = alarm.state_value if alarm else None
        set_alarm_state(self, alarm_name, reason, reason_data, state_value)
        if alarm and before != state_value and alarm.actions_enabled:
            run_actions(alarm, before=before, account_id=self.account_id)

    CloudWatchBackend.put_metric_alarm = put_checked
    CloudWatchBackend.set_alarm_state = set_and_act
