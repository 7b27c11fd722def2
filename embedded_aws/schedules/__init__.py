"""Schedules that really fire: of EventBridge Scheduler, and of EventBridge's rules."""

from embedded_aws.schedules.runner import ScheduleRunner
from embedded_aws.schedules.service import SchedulerService

__all__ = ["ScheduleRunner", "SchedulerService"]
