"""DebounceUpload: every upload pushes the start of the next run back."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

# What GetSchedule answers and UpdateSchedule takes; an update that leaves one out resets it.
_KEPT = (
    "Name",
    "GroupName",
    "Description",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "State",
    "Target",
)
_log = logging.getLogger(__name__)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Set the schedule of the stack to DELAY_MINUTES from now.

    It fires once uploads have ceased for so long, and is set again by the next one. A schedule that
    somebody has paused stays paused.

    Parameters
    ----------
    event : dict
        EventBridge's "Object Created" of S3.

    Returns
    -------
    dict
        ``starts_at``: the time, UTC.
    """
    scheduler = boto3.client("scheduler")
    schedule = scheduler.get_schedule(
        GroupName=os.environ["SCHEDULE_GROUP"], Name=os.environ["SCHEDULE_NAME"]
    )
    starts_at = datetime.now(UTC) + timedelta(minutes=int(os.environ["DELAY_MINUTES"]))
    text = starts_at.strftime("%Y-%m-%dT%H:%M:%S")
    scheduler.update_schedule(
        **{key: schedule[key] for key in _KEPT if key in schedule},
        ScheduleExpression=f"at({text})",
    )
    _log.info("run put off", extra={"key": event["detail"]["object"]["key"], "starts_at": text})
    return {"starts_at": text}
