"""The schedules that there are: moto's, of EventBridge Scheduler and of EventBridge's rules."""

from __future__ import annotations

import json
import uuid
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.events.models import Rule, events_backends
from moto.scheduler.models import Schedule as MotoSchedule
from moto.scheduler.models import scheduler_backends

from embedded_aws.schedules.schedule import LONG_AGO, Schedule, Timing


def of_scheduler() -> Iterator[Schedule]:
    """Yield EventBridge Scheduler's."""
    for account in list(scheduler_backends.values()):
        for region, backend in list(account.items()):
            for group in list(backend.schedule_groups.values()):
                for schedule in list(group.schedules.values()):
                    yield _of_scheduler(region, schedule)


def _of_scheduler(region: str, found: MotoSchedule) -> Schedule:
    created_at, start = _moment(found.creation_date), found.start_date
    if start is None:  # a rate without a start fires at once
        start = created_at if found.schedule_expression.startswith("rate(") else LONG_AGO
    window = found.flexible_time_window
    return Schedule(
        arn=found.arn,
        arn_attribute="SCHEDULE_ARN",
        region=region,
        group=found.group_name,
        name=found.name,
        timing=Timing(
            expression=found.schedule_expression,
            time_zone=found.schedule_expression_timezone,
            start=_moment(start),
            end=_moment(found.end_date) if found.end_date is not None else None,
            created_at=created_at,
        ),
        changed_at=_moment(found.last_modified_date),
        is_enabled=found.state == "ENABLED",
        deletes_itself=found.action_after_completion == "DELETE",
        window=timedelta(minutes=window.get("MaximumWindowInMinutes") or 0)
        if window["Mode"] == "FLEXIBLE"
        else timedelta(0),
        target=found.target,
        payload=found.target.get("Input") or "{}",
    )


class ScheduledRules:
    """EventBridge's rules with a schedule; remembers when each was first seen.

    moto does not keep when a rule was made, from which its rate counts.
    """

    def __init__(self) -> None:
        self._first_seen: weakref.WeakKeyDictionary[Rule, datetime] = weakref.WeakKeyDictionary()

    def find(self, now: datetime) -> Iterator[Schedule]:
        """Yield a schedule for each target of each rule."""
        for account in list(events_backends.values()):
            for region, backend in list(account.items()):
                for rule in list(backend.event_buses["default"].rules.values()):
                    if rule.scheduled_expression:
                        seen_at = self._first_seen.setdefault(rule, now)
                        for target in list(rule.targets):
                            yield _of_rule(region, rule, target, seen_at, now)


def _of_rule(
    region: str, rule: Rule, target: dict[str, Any], seen_at: datetime, now: datetime
) -> Schedule:
    is_rate = rule.scheduled_expression.startswith("rate(")
    return Schedule(
        arn=rule.arn,
        arn_attribute="RULE_ARN",
        region=region,
        group=target["Id"],
        name=rule.name,
        timing=Timing(
            expression=rule.scheduled_expression,
            time_zone="UTC",
            start=seen_at if is_rate else LONG_AGO,
            end=None,
            created_at=seen_at,
        ),
        # A rule's rate fires an interval after the rule was made, not at once: just after it.
        changed_at=seen_at + timedelta(microseconds=2),
        is_enabled=rule.state == "ENABLED",
        deletes_itself=False,
        window=timedelta(0),
        target=target,
        payload=target.get("Input") or json.dumps(_event(region, rule, now)),
    )


def _event(region: str, rule: Rule, now: datetime) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": rule.account_id,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [rule.arn],
        "detail": {},
    }


def _moment(timestamp: float | datetime) -> datetime:
    if isinstance(timestamp, datetime):
        return timestamp
    return datetime.fromtimestamp(float(timestamp), UTC)
