"""Rules send events to state machines, functions and topics too, and only if they are enabled.

moto sends to queues, logs and event buses only; at the first target of another kind it stops, and
S3's events then vanish without a word. It also sends from rules that are disabled, and S3's events
carry one id, and their time as a number.
"""

from __future__ import annotations

import copy
import functools
import logging
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule

from embedded_aws.events.target_input import target_input
from embedded_aws.events.targets import INVOCATION_ERRORS, invoke

_log = logging.getLogger(__name__)

_SERVICES = ("states", "lambda", "sns")


@functools.cache
def apply() -> None:
    """Send what moto does not; once per process."""
    send_to_others = Rule.send_to_targets

    def send_to_targets(
        self: Rule, original_event: dict[str, Any], transform_input: bool = True
    ) -> None:
        # A rule that knows a schedule only has an empty pattern, which matches everything.
        if self.state != "ENABLED" or not self.event_pattern.get_pattern():
            return
        event = as_sent(original_event)
        if not self.event_pattern.matches_event(event):
            return
        mine = [target for target in self.targets if target["Arn"].split(":")[2] in _SERVICES]
        for target in mine:
            # Who puts the event does not wait for those who get it.
            threading.Thread(
                target=_deliver, args=(self.arn, target, target_input(target, event)), daemon=True
            ).start()
        others = copy.copy(self)
        others.targets = [target for target in self.targets if target not in mine]
        send_to_others(others, original_event, transform_input)

    Rule.send_to_targets = send_to_targets


def as_sent(event: Mapping[str, Any]) -> dict[str, Any]:
    """Give an event as EventBridge sends it: an id of its own, the time as text."""
    time = event.get("time")
    if isinstance(time, int | float):
        time = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    sent = {**event, "id": str(uuid.uuid4()), "time": time}
    sent.pop("ingestion-time", None)
    return sent


def _deliver(rule_arn: str, target: Mapping[str, Any], payload: str) -> None:
    # EventBridge names an execution with two UUIDs.
    name = f"{uuid.uuid4()}_{uuid.uuid4()}"
    try:
        invoke(target, payload, name=name)
    except INVOCATION_ERRORS as error:
        _log.warning("%s: %s: %s", rule_arn, target["Arn"], error)
