"""Executions write their history to the log group that the state machine names.

moto knows how to make the entries but never opens the log, and could not store them.
Form of an entry: Step Functions developer guide, "Using CloudWatch Logs to log execution history".
"""

from __future__ import annotations

import datetime
from typing import Any

from moto.stepfunctions.parser.asl.eval.event.logging import (
    CloudWatchLoggingConfiguration,
    CloudWatchLoggingSession,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import Execution

from embedded_aws.log_delivery import deliver


def _epoch_milliseconds(timestamp: Any) -> str:
    if isinstance(timestamp, str):
        timestamp = datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return str(round(timestamp.timestamp() * 1000))


def apply() -> None:
    """Open the log when an execution is made, and deliver its entries."""
    init = Execution.__init__

    def init_with_log(self: Execution, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        configuration = CloudWatchLoggingConfiguration.from_logging_configuration(
            self.state_machine.arn, self.state_machine.loggingConfiguration
        )
        if configuration is not None:
            self._cloud_watch_logging_session = CloudWatchLoggingSession(
                self.exec_arn, configuration
            )

    def publish(self: CloudWatchLoggingSession, history_log: dict[str, Any]) -> None:
        entry = {
            **history_log,
            "redrive_count": str(getattr(self, "redrive_count", 0)),
            "event_timestamp": _epoch_milliseconds(history_log["event_timestamp"]),
        }
        deliver(
            self._logs_client,
            self.configuration.log_group_name,
            self.configuration.log_stream_name.replace(":", "_"),  # a colon is not allowed there
            [to_json_str(entry)],
        )

    Execution.__init__ = init_with_log
    CloudWatchLoggingSession.publish_history_log = publish
