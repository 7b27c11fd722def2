"""Metrics by way of the log: lines in CloudWatch's embedded metric format.

CloudWatch makes metric data of every log line that has this form; no call is made, so none can
be slow, refused or forgotten in a permission. Source of the form and its limits: CloudWatch user
guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Mapping
from typing import Literal, NamedTuple

NAMESPACE = "VideoRecommender"
Unit = Literal["Count", "Seconds", "Bytes", "None"]


class Metric(NamedTuple):
    """A number and what it counts in; ``"None"`` is CloudWatch's name for no unit."""

    value: float
    unit: Unit


def embedded_metrics(
    metrics: Mapping[str, Metric],
    dimensions: Mapping[str, str],
    properties: Mapping[str, str],
    *,
    timestamp_ms: int,
) -> str:
    """Write metrics as one line of JSON.

    Parameters
    ----------
    metrics : mapping of str to Metric
        Finite numbers; at most 100.
    dimensions : mapping of str to str
        Together with the name they say which metric it is; each combination of values is a
        metric of its own, and is billed as one.
    properties : mapping of str to str
        For those who search the log; no part of the metric.
    timestamp_ms : int
        Milliseconds since 1970, UTC.

    Raises
    ------
    ValueError
        If a number is not finite: CloudWatch would drop the line, and say so nowhere near.
    """
    infinite = [name for name, metric in metrics.items() if not math.isfinite(metric.value)]
    if infinite:
        raise ValueError(f"metrics {', '.join(infinite)}: expected finite numbers")
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": metric.unit} for name, metric in metrics.items()],
    }
    return json.dumps(
        {
            "_aws": {"Timestamp": timestamp_ms, "CloudWatchMetrics": [directive]},
            **properties,
            **dimensions,
            **{name: metric.value for name, metric in metrics.items()},
        }
    )


class RunMetrics:
    """Metrics of one invocation of a function.

    They are written whatever the log level is.

    Parameters
    ----------
    step : str
        The function.
    stack : str
        The deployment, so that several in an account do not mix.
    run_id : str
        A property, not a dimension: a metric for each run would never have a second value.
    """

    def __init__(self, step: str, *, stack: str, run_id: str) -> None:
        self._step = step
        self._stack = stack
        self._run_id = run_id
        self._started = time.perf_counter()

    def put(self, metrics: Mapping[str, Metric], **dimensions: str) -> None:
        """Write metrics of the deployment, or of a part of it that more `dimensions` name."""
        line = embedded_metrics(
            metrics,
            {"Stack": self._stack, **dimensions},
            {"run_id": self._run_id},
            timestamp_ms=int(time.time() * 1000),
        )
        print(line, file=sys.stdout, flush=True)  # noqa: T201 - the log is the interface

    def put_duration(self) -> None:
        """Write how long the invocation has taken so far, as ``Duration`` of the step."""
        seconds = time.perf_counter() - self._started
        self.put({"Duration": Metric(seconds, "Seconds")}, Step=self._step)
