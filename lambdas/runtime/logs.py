"""Logs that machines can search: one JSON object per line, with the run's id."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_FIELDS = "fields"


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Give time (UTC), level, logger, message, and the fields logged with it."""
        entry: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class RunLogger:
    """Logs for one invocation; every line carries the run's id."""

    def __init__(self, logger: logging.Logger, run_id: str) -> None:
        self._logger = logger
        self._run_id = run_id

    def info(self, message: str, fields: Mapping[str, Any] | None = None) -> None:
        """Log a message with fields that can be searched for."""
        extra = {_FIELDS: {"run_id": self._run_id, **(fields or {})}}
        self._logger.info(message, extra=extra)


def run_logger(name: str, *, run_id: str, level: str) -> RunLogger:
    """Prepare the log of a function.

    Parameters
    ----------
    name : str
        The function.
    run_id : str
    level : str
        Python's name of the lowest level to write.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger(f"lambdas.{name}")
    # A warm function is called again: replace, do not add. And Lambda's own handler at the root
    # would write every line twice.
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(level)
    return RunLogger(logger, run_id)
