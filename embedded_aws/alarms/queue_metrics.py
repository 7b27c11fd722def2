"""SQS says how many messages wait in each queue, as it does on AWS.

Source: Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS": a queue reports
every minute, while it is in use. Here one reports while it holds messages.
"""

from __future__ import annotations

from datetime import datetime

from moto.cloudwatch.models import cloudwatch_backends
from moto.sqs.models import sqs_backends

_NAMESPACE = "AWS/SQS"
_VISIBLE = "ApproximateNumberOfMessagesVisible"


class QueueMetrics:
    """Samples every queue, at most once a minute unless its number of messages has changed."""

    def __init__(self) -> None:
        self._sampled: dict[str, tuple[datetime, int]] = {}

    def sample(self, now: datetime) -> None:
        """Put a datum for each queue that holds messages.

        Parameters
        ----------
        now : datetime
            UTC, without a time zone.
        """
        minute = now.replace(second=0, microsecond=0)
        for account, regions in list(sqs_backends.items()):
            for region, backend in list(regions.items()):
                for name, queue in list(backend.queues.items()):
                    sample = (minute, queue.approximate_number_of_messages)
                    if sample[1] and self._sampled.get(queue.queue_arn) != sample:
                        self._sampled[queue.queue_arn] = sample
                        _put(account, region, name, sample[1], now)


def _put(account_id: str, region: str, queue_name: str, n_messages: int, now: datetime) -> None:
    cloudwatch_backends[account_id][region].put_metric_data(
        _NAMESPACE,
        [
            {
                "MetricName": _VISIBLE,
                "Dimensions": [{"Name": "QueueName", "Value": queue_name}],
                "Timestamp": now,
                "Unit": "Count",
                "Values": [float(n_messages)],
            }
        ],
    )
