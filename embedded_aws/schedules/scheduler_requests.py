"""EventBridge Scheduler refuses bad schedules, and an update replaces everything.

moto takes any expression, time zone and target, answers 500 for a group that does not exist, keeps
ActionAfterCompletion as it was at an update, and then shows no state if none is given.
"""

from __future__ import annotations

import functools
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.scheduler.exceptions import ScheduleGroupNotFound, ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule
from moto.scheduler.responses import EventBridgeSchedulerResponse

from embedded_aws.events.targets import UnsupportedTargetError, check_target
from embedded_aws.unsupported import UNSUPPORTED
from recommender.schedule_expressions import ScheduleExpressionError, parse, parse_time_zone


def _check(settings: dict[str, Any]) -> None:
    expression = settings["schedule_expression"]
    try:
        parse(expression)
    except ScheduleExpressionError as error:
        raise ValidationException(f"Invalid Schedule Expression {expression}. {error}") from None
    try:
        parse_time_zone(settings["schedule_expression_timezone"] or "UTC")
    except ScheduleExpressionError as error:
        raise ValidationException(f"Invalid ScheduleExpressionTimezone. {error}") from None
    try:
        check_target(settings["target"]["Arn"])
    except UnsupportedTargetError as error:
        raise JsonRESTError(UNSUPPORTED, str(error)) from None


@functools.cache
def apply() -> None:
    """Check what is created and updated; once per process."""
    create, update = (
        EventBridgeSchedulerBackend.create_schedule,
        EventBridgeSchedulerBackend.update_schedule,
    )
    answer_update = EventBridgeSchedulerResponse.update_schedule

    def create_schedule(self: EventBridgeSchedulerBackend, **settings: Any) -> Schedule:
        _check(settings)
        if (settings["group_name"] or "default") not in self.schedule_groups:
            raise ScheduleGroupNotFound(settings["group_name"])
        return create(self, **settings)

    def update_schedule(self: EventBridgeSchedulerBackend, **settings: Any) -> Schedule:
        _check(settings)
        return update(self, **{**settings, "state": settings["state"] or "ENABLED"})

    def update_with_action(self: EventBridgeSchedulerResponse) -> str:
        answer: str = answer_update(self)
        name = self.uri.split("?")[0].split("/")[-1]
        schedule = self.scheduler_backend.get_schedule(self._get_param("GroupName"), name)
        schedule.action_after_completion = self._get_param("ActionAfterCompletion")
        return answer

    EventBridgeSchedulerBackend.create_schedule = create_schedule
    EventBridgeSchedulerBackend.update_schedule = update_schedule
    EventBridgeSchedulerResponse.update_schedule = update_with_action
