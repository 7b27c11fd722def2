"""Where people hear of what goes wrong: one topic, and what is published to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.console_pages import ConsolePages
from workflow.failure_notice import RUNBOOK

_EVENT = "Step Functions Execution Status Change"


class Notifications(Construct):
    """A topic that takes messages over TLS only, from alarms and from events of this account.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Id below `scope`.
    emails : sequence of str
        Who subscribes; SNS asks each for a confirmation.
    key : IKey or None
        Encrypts the messages at rest. A key from outside must let cloudwatch.amazonaws.com and
        events.amazonaws.com use it (``kms:Decrypt``, ``kms:GenerateDataKey*``). AWS's own key for
        SNS cannot: its policy lets neither, and alarms would be lost.

    Attributes
    ----------
    topic : Topic
        Publishers of the stack's own need the permission, and the key's.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        emails: Sequence[str],
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            display_name=Stack.of(self).stack_name[:100],
            enforce_ssl=True,
            master_key=key,
        )
        for email in emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        self._allow_alarms(key)

    def tell_of_other_ends(self, state_machine: sfn.IStateMachine, console: ConsolePages) -> None:
        """Send one message of each run that could not send its own.

        A run that fails by an error that its states catch says so itself, with step and reason.
        Runs that are stopped, or that run out of time, execute no more states; nor does one that
        Step Functions ends for an error that cannot be caught, whose name begins with
        ``States.``: the workflow's own failures never end so.
        """
        ends: dict[str, tuple[dict[str, Any], str, str]] = {
            "TimedOut": (
                {"status": ["TIMED_OUT"]},
                "it ran longer than the state machine allows.",
                "See on the execution's page which step took so long; a redrive goes on there.",
            ),
            "Aborted": (
                {"status": ["ABORTED"]},
                "it was stopped by hand or by another program; its SageMaker job was stopped too.",
                "If that was not meant, redrive the execution, which goes on where it was stopped.",
            ),
            "EndedByStepFunctions": (
                {"status": ["FAILED"], "error": [{"prefix": "States."}]},
                f"Step Functions ended it: {events.EventField.from_path('$.detail.error')}.",
                "See the last state on the execution's page: data in a form that the workflow does "
                "not expect, or too large for it. A new execution will fail in the same way.",
            ),
        }
        for name, (detail, why, what_to_do) in ends.items():
            events.Rule(
                self,
                name,
                description=f"Tells of runs of {Stack.of(self).stack_name} that ended: {name}",
                event_pattern=events.EventPattern(
                    source=["aws.states"],
                    detail_type=[_EVENT],
                    detail={"stateMachineArn": [state_machine.state_machine_arn], **detail},
                ),
                targets=[
                    targets.SnsTopic(self.topic, message=self._message(why, what_to_do, console))
                ],
            )

    def _message(self, why: str, what_to_do: str, console: ConsolePages) -> events.RuleTargetInput:
        """Only texts that cannot contain quotes may be put in: EventBridge does not escape them."""
        execution = events.EventField.from_path("$.detail.executionArn")
        status = events.EventField.from_path("$.detail.status")
        name = events.EventField.from_path("$.detail.name")
        return events.RuleTargetInput.from_multiline_text(
            "\n".join(
                (
                    f"A run of {Stack.of(self).stack_name} ended {status}: execution {name}",
                    f"Why: {why}",
                    f"What to do: {what_to_do}",
                    f"Execution: {console.execution(execution)}",
                    f"Runbook: {RUNBOOK}, section When a run fails",
                )
            )
        )

    def _allow_alarms(self, key: kms.IKey | None) -> None:
        """A topic with a policy of its own no longer lets the account's alarms publish."""
        alarms = Stack.of(self).format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name="*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        cloudwatch = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        of_this_account = {
            "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            "ArnLike": {"aws:SourceArn": alarms},
        }
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarms",
                principals=[cloudwatch],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions=of_this_account,
            )
        )
        if key is not None:
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="AllowAlarms",
                    principals=[cloudwatch],
                    actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                    resources=["*"],  # in a key's policy: this key
                    conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
                )
            )
