"""When runs start by themselves, as a person says it in the settings: by the clock, by uploads."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from infra.setting_sections import Section
from lambdas.resolve_run.problems import invalid_input
from lambdas.resolve_run.resolution import find_problems
from recommender.schedule_expressions import ScheduleExpressionError, parse, parse_time_zone

# Name of the schedule of `UploadSettings`.
AFTER_UPLOAD = "after-upload"


def _is_expression(text: str) -> str:
    try:
        parse(text)
    except ScheduleExpressionError as error:
        raise _problem(error) from None
    return text


def _is_time_zone(name: str) -> str:
    try:
        parse_time_zone(name)
    except ScheduleExpressionError as error:
        raise _problem(error) from None
    return name


def _is_execution_input(value: dict[str, Any]) -> dict[str, Any]:
    """Check as ResolveRun will, with its own code: better now than at three in the morning."""
    problem = problem_of_input(value)
    if problem:
        raise _problem(problem)
    return value


def problem_of_input(value: dict[str, Any]) -> str | None:
    """Say what is wrong with an execution input, all of it; None if it is right."""
    _, problems = find_problems(value)
    return str(invalid_input(problems)) if problems else None


def _problem(error: Exception | str) -> PydanticCustomError:
    return PydanticCustomError("schedule", "{problem}", {"problem": str(error)})


ExecutionInput = Annotated[dict[str, Any], AfterValidator(_is_execution_input)]


class RunSchedule(Section):
    """One schedule of EventBridge Scheduler that starts runs.

    Parameters
    ----------
    name : str
        What ``recommender schedule`` calls it; unique in the stack.
    expression : str
        ``cron(0 3 ? * SUN *)``, ``rate(7 days)`` or ``at(2026-12-24T18:00:00)``; a rate fires for
        the first time when it is deployed.
    timezone : str
        IANA name of the time zone whose clock the expression means.
    input : dict
        Execution input of the runs; ``{}`` is the default run.
    flexible_window_minutes : int
        How much later a run may start; 0: on time.
    enabled : bool
        Whether it fires.
    max_retries : int
        How often Step Functions is asked again when it does not start the run.
    max_age_seconds : int
        How long it is asked; what has not started then goes to the dead-letter queue.
    """

    name: Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{1,64}$")]
    expression: Annotated[str, Field(max_length=256), AfterValidator(_is_expression)]
    timezone: Annotated[str, Field(max_length=50), AfterValidator(_is_time_zone)] = "UTC"
    input: ExecutionInput = Field(default_factory=dict)
    flexible_window_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    enabled: bool = True
    max_retries: Annotated[int, Field(ge=0, le=185)] = 10
    max_age_seconds: Annotated[int, Field(ge=60, le=86400)] = 3600


def _have_names_of_their_own(schedules: list[RunSchedule]) -> list[RunSchedule]:
    names = [schedule.name for schedule in schedules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PydanticCustomError(
            "schedule",
            "expected a name of its own for each schedule, found several called {names}",
            {"names": ", ".join(twice)},
        )
    return schedules


DistinctSchedules = Annotated[list[RunSchedule], AfterValidator(_have_names_of_their_own)]
"""Type of the setting ``schedules``."""


class UploadSettings(Section):
    """Runs that new ratings start.

    Parameters
    ----------
    delay_minutes : int
        How long uploads must have ceased.
    input : dict
        Execution input of the runs; ``{}`` is the default run.
    """

    delay_minutes: Annotated[int, Field(ge=1, le=1440)] = 10
    input: ExecutionInput = Field(default_factory=dict)
