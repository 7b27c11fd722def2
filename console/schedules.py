"""The schedules that start a deployed pipeline: listed, fired, paused, resumed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_problems import aws_problem
from console.embedded_stack import DeployedStack
from console.errors import BadInputError
from console.executions import start_execution
from recommender.schedule_expressions import ScheduleExpressionError, parse, parse_time_zone

# What GetSchedule answers and UpdateSchedule takes; an update that leaves one out resets it.
_SETTINGS = (
    "Name",
    "GroupName",
    "Description",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "Target",
    "ActionAfterCompletion",
)


@dataclass(frozen=True, slots=True)
class PipelineSchedule:
    """A schedule of EventBridge Scheduler whose target is the pipeline.

    Attributes
    ----------
    settings : dict
        What GetSchedule answers.
    """

    settings: dict[str, Any]

    @property
    def name(self) -> str:
        """Unique in its group, which is the stack's."""
        return str(self.settings["Name"])

    @property
    def is_enabled(self) -> bool:
        """Whether it fires."""
        return bool(self.settings["State"] == "ENABLED")

    @property
    def expression(self) -> str:
        """Such as ``cron(0 3 * * ? *)``."""
        return str(self.settings["ScheduleExpression"])

    @property
    def time_zone(self) -> str:
        """IANA name."""
        return str(self.settings.get("ScheduleExpressionTimezone") or "UTC")

    @property
    def input_text(self) -> str:
        """What its runs get, as it is written in the schedule."""
        return str(self.settings["Target"].get("Input") or "{}")

    @property
    def execution_input(self) -> dict[str, Any]:
        """What its runs get, read.

        Raises
        ------
        BadInputError
            If it is no JSON object, because somebody changed it.
        """
        try:
            value = json.loads(self.input_text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise BadInputError(
                f"schedule {self.name!r}: expected a JSON object as input, found "
                f"{self.input_text[:60]!r}"
            )
        return value

    def next_times(self, now: dt.datetime, most: int) -> list[dt.datetime]:
        """Find when it fires next, in its own time zone.

        Parameters
        ----------
        now : datetime
            With a time zone.
        most : int
            How many times at most.

        Returns
        -------
        list of datetime
            Empty if it is paused or over, or AWS knows an expression that this version does not.
        """
        if not self.is_enabled:
            return []
        start = self.settings.get("StartDate")
        if start is None:
            is_rate = self.expression.startswith("rate(")
            start = (
                self.settings["CreationDate"] if is_rate else dt.datetime.fromtimestamp(0, dt.UTC)
            )
        try:
            zone, expression = parse_time_zone(self.time_zone), parse(self.expression)
        except ScheduleExpressionError:
            return []
        end, times, after = self.settings.get("EndDate"), [], now
        for _ in range(most):
            found = expression.next_after(after, zone=zone, start=start)
            if found is None or (end is not None and found > end):
                break
            times.append(found.astimezone(zone))
            after = found
        return times

    def as_document(self, now: dt.datetime) -> dict[str, Any]:
        """Return what ``--json`` prints of it."""
        following = self.next_times(now, 1)
        return {
            "name": self.name,
            "enabled": self.is_enabled,
            "expression": self.expression,
            "timezone": self.time_zone,
            "next": following[0].isoformat() if following else None,
            "input": self.input_text,
        }


def list_schedules(stack: DeployedStack) -> list[PipelineSchedule]:
    """Find all schedules whose target is the stack's state machine, by name.

    Raises
    ------
    EnvironmentProblemError
        If EventBridge Scheduler refuses, or cannot be reached.
    """
    scheduler = stack.access.client("scheduler")

    def find() -> list[PipelineSchedule]:
        pages = scheduler.get_paginator("list_schedules").paginate()
        summaries = [summary for page in pages for summary in page["Schedules"]]
        return [
            PipelineSchedule(
                scheduler.get_schedule(GroupName=summary["GroupName"], Name=summary["Name"])
            )
            for summary in summaries
            if summary["Target"]["Arn"] == stack.state_machine_arn
        ]

    return sorted(_asked(stack, find), key=lambda schedule: schedule.name)


def find_schedule(stack: DeployedStack, name: str) -> PipelineSchedule:
    """Find one schedule.

    Raises
    ------
    BadInputError
        If there is none of that name, or more than one.
    EnvironmentProblemError
        As `list_schedules`.
    """
    schedules = list_schedules(stack)
    found = [schedule for schedule in schedules if schedule.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        groups = ", ".join(str(schedule.settings["GroupName"]) for schedule in found)
        raise BadInputError(f"schedule {name!r}: expected one, found one in each of {groups}")
    names = ", ".join(schedule.name for schedule in schedules)
    raise BadInputError(
        f"schedule {name!r}: there is none of that name; found {names or 'no schedule at all'}"
    )


def set_state(stack: DeployedStack, schedule: PipelineSchedule, *, enabled: bool) -> None:
    """Pause or resume a schedule; everything else of it stays.

    A deployment that changes the schedule sets the state of its settings again.

    Raises
    ------
    EnvironmentProblemError
        If EventBridge Scheduler refuses, or cannot be reached.
    """
    settings = {key: schedule.settings[key] for key in _SETTINGS if key in schedule.settings}
    start = settings.get("StartDate")
    if start is not None and start < dt.datetime.now(dt.UTC):
        del settings["StartDate"]  # AWS refuses one that is past
    state = "ENABLED" if enabled else "DISABLED"
    scheduler = stack.access.client("scheduler")
    _asked(stack, lambda: scheduler.update_schedule(**settings, State=state))


def fire(stack: DeployedStack, schedule: PipelineSchedule) -> str:
    """Start an execution now, as a schedule would, and return its ARN; it may be paused.

    Raises
    ------
    BadInputError
        If the schedule's input is no JSON object.
    EnvironmentProblemError
        If Step Functions refuses, or cannot be reached.
    """
    return start_execution(stack, schedule.execution_input)


def _asked(stack: DeployedStack, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        where = stack.access.endpoint_url or f"region {stack.access.region}"
        raise aws_problem(where, error, step="schedule") from error
