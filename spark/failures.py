"""Errors of tasks, which Spark reports as text, as the errors they were."""

from __future__ import annotations

import re

from recommender import errors

_RAISED = re.compile(r"^recommender\.errors\.(\w+): (.+)$", re.MULTILINE)


def task_error(report: str) -> errors.RecommenderError | None:
    """Find the error that a task raised in the tracebacks that Spark reports.

    Parameters
    ----------
    report : str
        What an exception of PySpark says.

    Returns
    -------
    RecommenderError or None
        None if the task failed of something else.
    """
    raised = _RAISED.findall(report)
    if not raised:
        return None
    name, message = raised[-1]
    kind = getattr(errors, name)
    return kind(message.strip()) if issubclass(kind, errors.RecommenderError) else None
