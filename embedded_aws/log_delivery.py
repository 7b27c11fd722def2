"""Lines of text become events of a CloudWatch log stream."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any


def deliver(logs_backend: Any, group: str, stream: str, lines: Iterable[str]) -> None:
    """Append lines to a stream, making group and stream if they are missing.

    Parameters
    ----------
    logs_backend : moto.logs.models.LogsBackend
        CloudWatch Logs of one account and region.
    group, stream : str
        Names; a group that exists keeps its retention.
    lines : iterable of str
        One event each, all with the present time.
    """
    events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines if line]
    if not events:
        return
    logs_backend.ensure_log_group(group)
    if stream not in logs_backend.groups[group].streams:
        logs_backend.create_log_stream(group, stream)
    logs_backend.put_log_events(group, stream, events)
