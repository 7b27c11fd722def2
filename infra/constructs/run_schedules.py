"""Runs that start by themselves: EventBridge Scheduler, in a group of the stack."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.encryption import Encryption
from infra.nag import keep
from infra.run_schedule import RunSchedule

DEAD_LETTER_DAYS = 14  # the most that SQS keeps


class RunSchedules(Construct):
    """The schedules, with what they need: a group, a role and a dead-letter queue.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Id below `scope`.
    state_machine : IStateMachine
        What is started.
    schedules : sequence of RunSchedule
        With names of their own. May be empty, if only `add` is used.
    encryption : Encryption
        Key of the queue and of the schedules' payloads.

    Attributes
    ----------
    group : CfnScheduleGroup
        CloudFormation makes up its name, so that copies of the stack do not meet.
    role : Role
        What EventBridge Scheduler acts as.
    dead_letters : Queue
        What could not be started, with the reason; anything in it deserves an alarm.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        state_machine: sfn.IStateMachine,
        schedules: Sequence[RunSchedule],
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id)
        self._state_machine = state_machine
        self._key = encryption.key
        self.group = scheduler.CfnScheduleGroup(self, "Group")
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.KMS if self._key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=self._key,
            enforce_ssl=True,
            retention_period=Duration.days(DEAD_LETTER_DAYS),
        )
        keep(self.dead_letters, "SQS3", "this is the queue that dead letters go to")
        self.role = self._role()
        encryption.grant(self.role)
        for schedule in schedules:
            self.add(schedule)

    def add(self, schedule: RunSchedule) -> scheduler.CfnSchedule:
        """Add a schedule."""
        window = schedule.flexible_window_minutes
        added = scheduler.CfnSchedule(
            self,
            f"Schedule-{schedule.name}",
            name=schedule.name,
            group_name=self.group.ref,
            schedule_expression=schedule.expression,
            schedule_expression_timezone=schedule.timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
                mode="FLEXIBLE" if window else "OFF",
                maximum_window_in_minutes=window or None,
            ),
            state="ENABLED" if schedule.enabled else "DISABLED",
            kms_key_arn=self._key.key_arn if self._key else None,
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self._state_machine.state_machine_arn,
                role_arn=self.role.role_arn,
                input=json.dumps(schedule.input),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=schedule.max_retries,
                    maximum_event_age_in_seconds=schedule.max_age_seconds,
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self.dead_letters.queue_arn
                ),
            ),
        )
        # EventBridge Scheduler tries at creation whether it may act as the role.
        added.node.add_dependency(self.role)
        return added

    def _role(self) -> iam.Role:
        """Trust and permissions as narrow as they go.

        The trust is for the group, not for single schedules: the EventBridge Scheduler user guide
        says so under "Confused deputy prevention".
        """
        role = iam.Role(
            self,
            "Role",
            description="EventBridge Scheduler starts runs of the recommender workflow",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": Aws.ACCOUNT_ID,
                        "aws:SourceArn": self.group.attr_arn,
                    }
                },
            ),
        )
        for action, resource in (
            ("states:StartExecution", self._state_machine.state_machine_arn),
            ("sqs:SendMessage", self.dead_letters.queue_arn),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
        return role
