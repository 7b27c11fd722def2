"""Metric data out of log lines.

Source: CloudWatch user guide, "Specification: Embedded metric format". As there, a line that does
not keep to it is a log line like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any


def metric_data(message: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a namespace and a datum as PutMetricData takes it, for each metric and dimension set.

    Parameters
    ----------
    message : str
        A log event's.
    """
    try:
        document = json.loads(message)
        metadata = document["_aws"]
        timestamp = datetime.fromtimestamp(metadata["Timestamp"] / 1000, UTC).replace(tzinfo=None)
        found = [
            (directive["Namespace"], datum)
            for directive in metadata["CloudWatchMetrics"]
            for names in directive["Dimensions"]
            for metric in directive["Metrics"]
            if (datum := _datum(document, names, metric, timestamp))
        ]
    except (ValueError, KeyError, TypeError):
        return
    yield from found


def _datum(
    document: dict[str, Any], names: list[str], metric: dict[str, str], timestamp: datetime
) -> dict[str, Any] | None:
    """Make a datum; None if the line has no value for it."""
    values = document.get(metric["Name"])
    values = values if isinstance(values, list) else [values]
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return None
    return {
        "MetricName": metric["Name"],
        "Dimensions": [{"Name": name, "Value": _text(document[name])} for name in names],
        "Timestamp": timestamp,
        "Unit": metric.get("Unit", "None"),
        "Values": values,
    }


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("the value of a dimension is a text")
    return value
