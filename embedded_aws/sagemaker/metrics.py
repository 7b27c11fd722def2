"""Metrics that SageMaker reads out of a training job's log.

The expressions of Factorization Machines are not published; these follow the form that
DescribeTrainingJob shows for the other built-in algorithms.
"""

from __future__ import annotations

import re
from typing import Any

from embedded_aws.sagemaker.job import utc_now

_REGRESSOR = ("rmse", "mse", "absolute_loss")
_QUALITY = r"#quality_metric: host=\S+, "


def _definitions() -> list[dict[str, str]]:
    names = [(name, name, "loss") for name in _REGRESSOR]
    names += [
        ("binary_classification_accuracy", "binary_classification_accuracy", "score"),
        ("binary_classification_cross_entropy", "binary_classification_cross_entropy", "loss"),
        ("binary_f_beta", r"binary_f_\S+", "score"),
    ]
    found = []
    for name, text, kind in names:
        value = rf"{text} <{kind}>=(\S+)"
        found += [
            {"Name": f"test:{name}", "Regex": f"{_QUALITY}test {value}"},
            {"Name": f"train:{name}:epoch", "Regex": rf"{_QUALITY}epoch=\S+, train {value}"},
            {"Name": f"train:{name}", "Regex": rf"{_QUALITY}epoch=\S+, batch=\S+ train {value}"},
        ]
    return [
        *found,
        {
            "Name": "train:progress",
            "Regex": r"#progress_metric: host=\S+, completed (\S+) %",
        },
        {
            "Name": "train:throughput",
            "Regex": r"#throughput_metric: host=\S+, train throughput=(\S+) records/second",
        },
    ]


METRIC_DEFINITIONS = _definitions()


class MetricReader:
    """Collects the last value of every metric.

    Parameters
    ----------
    definitions : list of dict
        ``Name`` and ``Regex``, as in AlgorithmSpecification.
    """

    def __init__(self, definitions: list[dict[str, str]]):
        self._patterns = [(d["Name"], re.compile(d["Regex"])) for d in definitions]
        self._final: dict[str, dict[str, Any]] = {}

    def read(self, line: str) -> None:
        """Take the metrics of one log line."""
        if "_metric: " not in line:
            return
        for name, pattern in self._patterns:
            match = pattern.search(line)
            if match:
                self._final[name] = {
                    "MetricName": name,
                    "Value": float(match[1]),
                    "Timestamp": utc_now(),
                }

    @property
    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList of DescribeTrainingJob."""
        return list(self._final.values())

    def value(self, name: str) -> float | None:
        """Return the last value of one metric, if there was one."""
        metric = self._final.get(name)
        return None if metric is None else float(metric["Value"])
