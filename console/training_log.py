"""A training's progress, read from its log in CloudWatch."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any

LOG_GROUP = "/aws/sagemaker/TrainingJobs"

# The line at the end of an epoch; those within one say "epoch=0, batch=500 train".
_EPOCH_METRIC = re.compile(
    r"#quality_metric: host=\S+, epoch=(\d+), train (\S+) <(?:loss|score)>=(\S+)"
)

# Which of the metrics of an epoch to show, and what to call them.
SHOWN_METRICS = {
    "rmse": "train RMSE",
    "binary_classification_accuracy": "train accuracy",
    "binary_classification_cross_entropy": "train cross entropy",
}


@dataclass(frozen=True, slots=True)
class EpochMetric:
    """One metric at the end of one epoch; epochs count from 0 as in the log."""

    epoch: int
    name: str
    value: float

    @property
    def label(self) -> str:
        """What people call it."""
        return SHOWN_METRICS[self.name]


def epoch_metric(line: str) -> EpochMetric | None:
    """Return the metric that a line of the log reports, if it is one of an epoch's end.

    Parameters
    ----------
    line : str
        As the Factorization Machines container writes it.
    """
    match = _EPOCH_METRIC.search(line)
    if match is None or match[2] not in SHOWN_METRICS:
        return None
    try:
        return EpochMetric(int(match[1]), match[2], float(match[3]))
    except ValueError:
        return None


class TrainingLog:
    """Follows the log of one training job.

    Parameters
    ----------
    logs : boto3 client
        Of CloudWatch Logs.
    job_name : str
        Its streams' names begin with it.
    """

    def __init__(self, logs: Any, job_name: str):
        self._logs = logs
        self._prefix = f"{job_name}/"
        self._stream: str | None = None
        self._token: str | None = None

    def poll(self, *, max_pages: int = 2) -> list[EpochMetric]:
        """Return the metrics of the epochs that ended since the last call.

        Parameters
        ----------
        max_pages : int
            Reads no more: a fast training may write faster than it can be read.
        """
        return [metric for line in self._new_lines(max_pages) if (metric := epoch_metric(line))]

    def read_all(self) -> list[EpochMetric]:
        """Return the metrics of all epochs since the last call, of a training that has ended."""
        return self.poll(max_pages=sys.maxsize)

    def _new_lines(self, max_pages: int) -> list[str]:
        if self._stream is None:
            self._stream = self._find_stream()
            if self._stream is None:
                return []
        lines: list[str] = []
        for _ in range(max_pages):
            request = {"nextToken": self._token} if self._token else {}
            page = self._logs.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=self._stream, startFromHead=True, **request
            )
            lines += [event["message"] for event in page["events"]]
            token, self._token = self._token, page["nextForwardToken"]
            # AWS: "at the end of the stream it returns the same token you passed in"; an empty
            # page alone does not mean that.
            if self._token == token:
                break
        return lines

    def _find_stream(self) -> str | None:
        try:
            page = self._logs.describe_log_streams(
                logGroupName=LOG_GROUP, logStreamNamePrefix=self._prefix
            )
        except self._logs.exceptions.ResourceNotFoundException:
            return None  # nobody has logged yet
        names = sorted(stream["logStreamName"] for stream in page["logStreams"])
        return names[0] if names else None
