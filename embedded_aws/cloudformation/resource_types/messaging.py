"""Topics and queues: types of Amazon SNS and Amazon SQS."""

from __future__ import annotations

import json
from typing import Any

from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    change_tags,
    changed,
    tag_map,
)

_LONGEST_TOPIC_NAME = 256
_LONGEST_QUEUE_NAME = 80
_TOPIC_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")
_SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
)
# What SQS documents as the value of an attribute that nobody has set.
_QUEUE_DEFAULTS: dict[str, Any] = {
    "DelaySeconds": 0,
    "KmsDataKeyReusePeriodSeconds": 300,
    "KmsMasterKeyId": "",
    "MaximumMessageSize": 1_048_576,
    "MessageRetentionPeriod": 345_600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": True,
    "VisibilityTimeout": 30,
}


class Topic(ResourceType):
    """A topic, perhaps with subscriptions of its own."""

    type_name = "AWS::SNS::Topic"
    properties = frozenset({"Subscription", "Tags", "TopicName", *_TOPIC_ATTRIBUTES})
    immutable = frozenset({"TopicName"})
    name_property = "TopicName"

    def create(self, request: Request) -> Physical:
        """Make the topic."""
        sns, properties = request.client("sns"), request.properties
        name = request.name("TopicName", longest=_LONGEST_TOPIC_NAME)
        arn = sns.create_topic(
            Name=name,
            Attributes={n: _text(properties[n]) for n in _TOPIC_ATTRIBUTES if n in properties},
            Tags=properties.get("Tags", []),
        )["TopicArn"]
        _subscribe(sns, arn, properties, {})
        return Physical(arn, {"TopicArn": arn, "TopicName": name})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change what differs."""
        sns, properties, arn = request.client("sns"), request.properties, physical.id
        for name in _TOPIC_ATTRIBUTES:
            if changed(properties, previous, name):
                sns.set_topic_attributes(
                    TopicArn=arn, AttributeName=name, AttributeValue=_text(properties.get(name, ""))
                )
        change_tags(
            properties,
            previous,
            remove=lambda keys: sns.untag_resource(ResourceArn=arn, TagKeys=keys),
            put=lambda tags: sns.tag_resource(ResourceArn=arn, Tags=tags),
        )
        _subscribe(sns, arn, properties, previous)
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the topic with its subscriptions."""
        request.client("sns").delete_topic(TopicArn=physical.id)


class Subscription(ResourceType):
    """One subscription to a topic."""

    type_name = "AWS::SNS::Subscription"
    properties = frozenset({"Endpoint", "Protocol", "TopicArn", *_SUBSCRIPTION_ATTRIBUTES})
    immutable = frozenset({"Endpoint", "Protocol", "TopicArn"})

    def create(self, request: Request) -> Physical:
        """Subscribe."""
        properties = request.properties
        arn = request.client("sns").subscribe(
            TopicArn=properties["TopicArn"],
            Protocol=properties["Protocol"],
            Endpoint=properties.get("Endpoint", ""),
            Attributes={
                n: _text(properties[n]) for n in _SUBSCRIPTION_ATTRIBUTES if n in properties
            },
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return Physical(arn, {"Arn": arn})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change what differs."""
        for name in _SUBSCRIPTION_ATTRIBUTES:
            if changed(request.properties, previous, name):
                request.client("sns").set_subscription_attributes(
                    SubscriptionArn=physical.id,
                    AttributeName=name,
                    AttributeValue=_text(request.properties.get(name, "")),
                )
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Unsubscribe; it may be gone with its topic."""
        sns = request.client("sns")
        try:
            sns.unsubscribe(SubscriptionArn=physical.id)
        except sns.exceptions.NotFoundException:
            return


class TopicPolicy(ResourceType):
    """The policy of topics."""

    type_name = "AWS::SNS::TopicPolicy"
    properties = frozenset({"PolicyDocument", "Topics"})

    def create(self, request: Request) -> Physical:
        """Put the policy on each topic."""
        for arn in request.properties["Topics"]:
            _set_topic_policy(request, arn, request.properties["PolicyDocument"])
        return Physical(request.name("", longest=100))

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Replace the policy; topics that are no longer named get SNS's own again."""
        for arn in request.properties["Topics"]:
            _set_topic_policy(request, arn, request.properties["PolicyDocument"])
        for arn in previous["Topics"]:
            if arn not in request.properties["Topics"]:
                _set_topic_policy(request, arn, _default_topic_policy(request, arn))
        return physical

    def delete(self, request: Request, physical: Physical) -> None:  # noqa: ARG002
        """Give the topics SNS's own policy again; they may be gone."""
        sns = request.client("sns")
        for arn in request.properties["Topics"]:
            try:
                _set_topic_policy(request, arn, _default_topic_policy(request, arn))
            except sns.exceptions.NotFoundException:
                continue


class Queue(ResourceType):
    """A queue."""

    type_name = "AWS::SQS::Queue"
    properties = frozenset(
        {"ContentBasedDeduplication", "FifoQueue", "QueueName", "Tags", *_QUEUE_DEFAULTS}
    )
    immutable = frozenset({"FifoQueue", "QueueName"})
    name_property = "QueueName"

    def create(self, request: Request) -> Physical:
        """Make the queue."""
        properties = request.properties
        name = request.name("QueueName", longest=_LONGEST_QUEUE_NAME)
        url = request.client("sqs").create_queue(
            QueueName=name,
            Attributes={
                n: _text(item) for n, item in properties.items() if n not in ("QueueName", "Tags")
            },
            tags=tag_map(properties),
        )["QueueUrl"]
        return Physical(url, {"Arn": request.arn("sqs", name), "QueueName": name, "QueueUrl": url})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change what differs."""
        sqs, properties = request.client("sqs"), request.properties
        different = {
            name: _text(properties.get(name, default))
            for name, default in {**_QUEUE_DEFAULTS, "ContentBasedDeduplication": False}.items()
            if changed(properties, previous, name)
        }
        if different:
            sqs.set_queue_attributes(QueueUrl=physical.id, Attributes=different)
        change_tags(
            properties,
            previous,
            remove=lambda keys: sqs.untag_queue(QueueUrl=physical.id, TagKeys=keys),
            put=lambda _: sqs.tag_queue(QueueUrl=physical.id, Tags=tag_map(properties)),
        )
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the queue with its messages."""
        sqs = request.client("sqs")
        try:
            sqs.delete_queue(QueueUrl=physical.id)
        except sqs.exceptions.QueueDoesNotExist:
            return


class QueuePolicy(ResourceType):
    """The policy of queues."""

    type_name = "AWS::SQS::QueuePolicy"
    properties = frozenset({"PolicyDocument", "Queues"})

    def create(self, request: Request) -> Physical:
        """Put the policy on each queue."""
        for url in request.properties["Queues"]:
            _set_queue_policy(request, url, json.dumps(request.properties["PolicyDocument"]))
        return Physical(request.name("", longest=100))

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Replace the policy, and take it off queues that are no longer named."""
        for url in request.properties["Queues"]:
            _set_queue_policy(request, url, json.dumps(request.properties["PolicyDocument"]))
        for url in previous["Queues"]:
            if url not in request.properties["Queues"]:
                _set_queue_policy(request, url, "")
        return physical

    def delete(self, request: Request, physical: Physical) -> None:  # noqa: ARG002
        """Take the policy off the queues; they may be gone."""
        sqs = request.client("sqs")
        for url in request.properties["Queues"]:
            try:
                _set_queue_policy(request, url, "")
            except sqs.exceptions.QueueDoesNotExist:
                continue


def _subscribe(sns: Any, arn: str, properties: Properties, previous: Properties) -> None:
    before, after = previous.get("Subscription", []), properties.get("Subscription", [])
    for item in after:
        if item not in before:
            sns.subscribe(TopicArn=arn, Protocol=item["Protocol"], Endpoint=item["Endpoint"])
    gone = [(item["Protocol"], item["Endpoint"]) for item in before if item not in after]
    if gone:
        for found in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
            if (found["Protocol"], found["Endpoint"]) in gone:
                sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])


def _set_topic_policy(request: Request, arn: str, document: Any) -> None:
    request.client("sns").set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(document)
    )


def _default_topic_policy(request: Request, arn: str) -> dict[str, Any]:
    """What SNS documents as the policy of a new topic: its owner may do everything."""
    actions = "Publish RemovePermission SetTopicAttributes DeleteTopic ListSubscriptionsByTopic "
    actions += "GetTopicAttributes AddPermission Subscribe"
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in actions.split()],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": request.account_id}},
            }
        ],
    }


def _set_queue_policy(request: Request, url: str, policy: str) -> None:
    request.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)
