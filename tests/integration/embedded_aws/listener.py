"""Somebody who reads what is published to a topic."""

import json
import time
from typing import Any

from embedded_aws.server import EmbeddedAws

SECONDS = 10


class Listener:
    """A queue that is subscribed to a topic."""

    def __init__(self, aws: EmbeddedAws, name: str, topic: str) -> None:
        self.topic = topic
        self._sqs = aws.client("sqs")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        queue_arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
        aws.client("sns").subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue_arn)

    def clear(self) -> None:
        """Forget what has been said so far."""
        while self._receive():
            pass

    def messages(self, at_least: int) -> list[dict[str, Any]]:
        """Wait for so many messages; then a little for one too many."""
        found: list[dict[str, Any]] = []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and len(found) < at_least:
            found += self._receive()
            time.sleep(0.05)
        time.sleep(1.2)
        return found + self._receive()

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        received = answer.get("Messages", [])
        for message in received:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in received]
