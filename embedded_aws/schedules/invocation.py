"""One time at which a schedule fires: the attempts to invoke its target, and their end."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from embedded_aws.events.targets import INVOCATION_ERRORS, invoke, queue_url, request_of
from embedded_aws.iam.role_sessions import SCHEDULER, RoleSession, assume
from embedded_aws.role_clients import client_as, client_for
from embedded_aws.schedules.schedule import Schedule

_log = logging.getLogger(__name__)

_LONGEST_PAUSE_SECONDS = 300


@dataclass
class Invocation:
    """An invocation that is due, or is to be tried again.

    Attributes
    ----------
    schedule : Schedule
    scheduled_for : datetime
        The time that the schedule's expression gave.
    due : datetime
        When to try next.
    n_attempts : int
        Tried so often already.
    name : str
        Of the execution: a UUID, the same for all attempts, so that no two of them start one each.
    """

    schedule: Schedule
    scheduled_for: datetime
    due: datetime
    n_attempts: int = 0
    name: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        self._first_due = self.due

    def attempt(self, now: datetime) -> bool:
        """Try once.

        Returns
        -------
        bool
            Whether it is over: the target is invoked, or given up. Otherwise `due` is later.
        """
        self.n_attempts += 1
        try:
            session = scheduler_session(self.schedule)
            invoke(self.schedule.target, self._payload(), name=self.name, session=session)
        except INVOCATION_ERRORS as error:
            return self._ends_with(error, now)
        return True

    def _payload(self) -> str:
        """Replace the keywords (EventBridge Scheduler user guide, "Adding context attributes")."""
        payload = self.schedule.payload
        for keyword, value in (
            ("schedule-arn", self.schedule.arn),
            ("scheduled-time", self._scheduled_time),
            ("execution-id", self.name),
            ("attempt-number", str(self.n_attempts)),
        ):
            payload = payload.replace(f"<aws.scheduler.{keyword}>", value)
        return payload

    @property
    def _scheduled_time(self) -> str:
        return self.scheduled_for.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _ends_with(self, error: Exception, now: datetime) -> bool:
        """Pause ever longer, 1, 2, 4 and so on seconds; AWS does not give its own pauses."""
        if self.n_attempts == 1:
            _log.warning("%s: %s", self.schedule.arn, error)
        pause = min(2 ** (self.n_attempts - 1), _LONGEST_PAUSE_SECONDS)
        self.due = now + timedelta(seconds=pause)
        if self.n_attempts > self.schedule.max_retries:
            self._give_up(error, "MaximumRetryAttempts")
        elif self.due - self._first_due > self.schedule.max_age:
            self._give_up(error, "MaximumEventAgeInSeconds")
        else:
            return False
        return True

    def _give_up(self, error: Exception, condition: str) -> None:
        queue_arn = self.schedule.dead_letter_arn
        _log.warning(
            "%s: given up after %d attempts to invoke %s%s",
            self.schedule.arn,
            self.n_attempts,
            self.schedule.target["Arn"],
            "" if queue_arn else "; it has no dead-letter queue",
        )
        if queue_arn is None:
            return
        try:
            self._send_dead_letter(queue_arn, error, condition)
        except INVOCATION_ERRORS as lost:
            _log.warning("%s: no dead letter to %s: %s", self.schedule.arn, queue_arn, lost)

    def _send_dead_letter(self, queue_arn: str, error: Exception, condition: str) -> None:
        """Leave request and reason (user guide, "Configuring a schedule's dead-letter queue")."""
        is_answer = isinstance(error, ClientError)
        code = error.response["Error"]["Code"] if is_answer else type(error).__name__  # type: ignore[attr-defined]
        attributes = {
            "ERROR_CODE": code,
            "ERROR_MESSAGE": str(error),
            "EXECUTION_ID": self.name,
            "EXHAUSTED_RETRY_CONDITION": condition,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(self.n_attempts - 1),
            "SCHEDULED_TIME": self._scheduled_time,
            self.schedule.arn_attribute: self.schedule.arn,
            "TARGET_ARN": self.schedule.target["Arn"],
        }
        request = request_of(self.schedule.target, self._payload(), name=self.name)
        region, session = queue_arn.split(":")[3], scheduler_session(self.schedule)
        client = client_as(session, region, "sqs") if session else client_for(region, "sqs")
        client.send_message(
            QueueUrl=queue_url(queue_arn),
            MessageBody=json.dumps(request),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )


def scheduler_session(schedule: Schedule) -> RoleSession | None:
    """Assume the role of a schedule of EventBridge Scheduler; rules' targets are invoked without.

    The source is the schedule's group (user guide, "Confused deputy prevention").

    Raises
    ------
    RoleNotAssumableError
        If there is no such role, or it does not trust Scheduler.
    """
    role_arn, parts = schedule.target.get("RoleArn"), schedule.arn.split(":")
    if parts[2] != "scheduler" or role_arn is None:
        return None
    group_arn = ":".join([*parts[:5], f"schedule-group/{schedule.group}"])
    return assume(role_arn, SCHEDULER, name=schedule.name[:64], source_arn=group_arn)
