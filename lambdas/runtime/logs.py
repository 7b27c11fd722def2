"""Logs that machines can search: one JSON object per line, with the run's id."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

_FIELDS = "fields"
# Characters. Escaped twice, as a Cause that is JSON in JSON, one takes up to 14 bytes: 56 KiB.
LONGEST_MESSAGE = 4_000


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON.

    Parameters
    ----------
    run_id : str
        Of the run that is being worked on; on every line.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        """Give time (UTC), level, logger, message, and the fields logged with it."""
        entry: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "run_id": self._run_id,
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class RunLogger:
    """Logs for one invocation; every line carries the run's id."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def info(self, message: str, fields: Mapping[str, Any] | None = None) -> None:
        """Log a message with fields that can be searched for."""
        self._logger.info(message, extra={_FIELDS: dict(fields or {})})

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Log an exception on its way out; Lambda's own line about it lacks the run's id.

        What goes on to Step Functions is short: a message that quotes a long title, or lists all
        that is wrong, would else fill the payload of the states that deal with the failure. The
        log has all of it.
        """
        try:
            yield
        except Exception as error:
            fields = {"error": type(error).__name__}
            self._logger.exception(str(error), extra={_FIELDS: fields})
            if error.args and isinstance(error.args[0], str):
                error.args = (shortened(error.args[0]), *error.args[1:])
            raise


def shortened(message: str) -> str:
    """Cut a message that is longer than `LONGEST_MESSAGE`, and say by how much."""
    if len(message) <= LONGEST_MESSAGE:
        return message
    return f"{message[:LONGEST_MESSAGE]}… ({len(message) - LONGEST_MESSAGE:,} characters more)"


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
    formatter = JsonFormatter(run_id)
    handler.setFormatter(formatter)
    logger = logging.getLogger(f"lambdas.{name}")
    # A warm function is called again: replace, do not add. And Lambda's own handler at the root
    # would write every line twice.
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(level)
    # What the packages log leaves by Lambda's own handler.
    for root_handler in logging.getLogger().handlers:
        root_handler.setFormatter(formatter)
    return RunLogger(logger)
