"""A schedule as it has to be carried out, wherever it comes from."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from recommender.schedule_expressions import At, parse, parse_time_zone

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_parse = functools.lru_cache(maxsize=256)(parse)


@dataclass(frozen=True)
class Timing:
    """When it fires; two that are equal fire at the same times.

    Attributes
    ----------
    expression, time_zone : str
    start : datetime
        Nothing fires before; a rate counts from it.
    end : datetime or None
        Nothing fires after.
    created_at : datetime
        Tells a schedule from one of the same name that was deleted.
    """

    expression: str
    time_zone: str
    start: datetime
    end: datetime | None
    created_at: datetime

    @property
    def is_single(self) -> bool:
        """Whether it fires once."""
        return isinstance(_parse(self.expression), At)

    def next_after(self, moment: datetime) -> datetime | None:
        """Find the first time after `moment`, in UTC; None if there is none."""
        found = _parse(self.expression).next_after(
            moment, zone=parse_time_zone(self.time_zone), start=self.start
        )
        # EventBridge Scheduler ignores EndDate of a schedule that fires once.
        is_over = found and self.end and found > self.end and not self.is_single
        return None if is_over else found


@dataclass(frozen=True)
class Schedule:
    """What to invoke, and when.

    Attributes
    ----------
    arn : str
    arn_attribute : str
        What its dead letters call the ARN.
    region, group, name : str
    timing : Timing
    changed_at : datetime
        When somebody last created or changed it.
    is_enabled, deletes_itself : bool
    window : timedelta
        How much later than its time it may fire.
    target : mapping
        As in CreateSchedule.
    payload : str
        What the target gets, before the keywords are replaced.
    """

    arn: str
    arn_attribute: str
    region: str
    group: str
    name: str
    timing: Timing
    changed_at: datetime
    is_enabled: bool
    deletes_itself: bool
    window: timedelta
    target: Mapping[str, Any]
    payload: str

    def due_time(self, scheduled_for: datetime) -> datetime:
        """Choose the moment in the flexible window.

        Drawn evenly by a hash of schedule and time: schedules of one time spread over the window,
        and a test can foretell it. AWS does not say how it chooses.
        """
        digest = hashlib.sha256(f"{self.arn} {scheduled_for.isoformat()}".encode()).digest()
        return scheduled_for + self.window * (int.from_bytes(digest[:4]) / 2**32)

    @property
    def max_retries(self) -> int:
        """How often a failed invocation is tried again; AWS's default is 185."""
        return int(self.target.get("RetryPolicy", {}).get("MaximumRetryAttempts", 185))

    @property
    def max_age(self) -> timedelta:
        """How long it is tried; AWS's default is a day."""
        policy = self.target.get("RetryPolicy", {})
        return timedelta(seconds=int(policy.get("MaximumEventAgeInSeconds", 86400)))

    @property
    def dead_letter_arn(self) -> str | None:
        """The queue for what could not be invoked."""
        arn: str | None = self.target.get("DeadLetterConfig", {}).get("Arn")
        return arn
