"""New ratings start a run, once uploads have ceased for a while.

S3 tells EventBridge of every object below ``raw/``; a rule calls a function, which sets a schedule
of EventBridge Scheduler, that fires once, to some minutes later. Ten uploads push it back ten times
and start one run. The schedule belongs to the stack and is only ever updated: no upload has to
create it, and none can meet it while it is deleted.

Weighed: a queue with a batching window starts one run per batch, and waits five minutes at most; a
waiting execution per upload has to find out whether it is the last; Step Functions without a
function cannot add minutes to a time in JSONPath.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.encryption import Encryption
from infra.constructs.function_code import first_party_code
from infra.constructs.logged_function import LoggedFunction
from infra.constructs.network import Network
from infra.constructs.run_schedules import RunSchedules
from infra.run_schedule import AFTER_UPLOAD, RunSchedule, UploadSettings
from infra.settings import DeploymentSettings
from recommender.run_layout import RAW_PREFIX

# Until the first upload. AWS does not say what it does with a time that is past.
_NOT_YET = "at(2099-01-01T00:00:00)"


class StartOnUpload(Construct):
    """The rule, the function and the schedule.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Id below `scope`.
    upload : UploadSettings
        How long to wait, and what to start.
    bucket : Bucket
        The data bucket; it is made to tell EventBridge of its objects.
    schedules : RunSchedules
        Gets the schedule, whose name is ``after-upload``.
    encryption, network, settings
        As for the functions of the pipeline.

    Attributes
    ----------
    function : Function
        What pushes the start back.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        upload: UploadSettings,
        bucket: s3.Bucket,
        schedules: RunSchedules,
        encryption: Encryption,
        network: Network,
        settings: DeploymentSettings,
    ) -> None:
        super().__init__(scope, construct_id)
        _tell_eventbridge(bucket)
        schedules.add(
            RunSchedule(name=AFTER_UPLOAD, expression=_NOT_YET, input=upload.input),
        )
        self.function = LoggedFunction(
            self,
            "DebounceUpload",
            description="Pushes the start of a run back at every upload",
            folder="debounce_upload",
            code=first_party_code(),
            memory_mib=256,
            timeout=Duration.seconds(30),
            environment={
                "SCHEDULE_GROUP": schedules.group.ref,
                "SCHEDULE_NAME": AFTER_UPLOAD,
                "DELAY_MINUTES": str(upload.delay_minutes),
            },
            settings=settings,
            encryption=encryption,
            network=network,
        ).function
        self._grant(schedules, encryption)
        events.Rule(
            self,
            "Rule",
            description=f"Objects below {RAW_PREFIX} of the recommender's data bucket",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"prefix": RAW_PREFIX}]},
                },
            ),
            targets=[targets.LambdaFunction(self.function)],
        )

    def _grant(self, schedules: RunSchedules, encryption: Encryption) -> None:
        """Let the function change this one schedule, which passes its role on."""
        schedule_arn = Stack.of(self).format_arn(
            service="scheduler",
            resource="schedule",
            resource_name=f"{schedules.group.ref}/{AFTER_UPLOAD}",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        self.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["scheduler:GetSchedule", "scheduler:UpdateSchedule"],
                resources=[schedule_arn],
            )
        )
        self.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[schedules.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
            )
        )
        encryption.grant(self.function.grant_principal)
        if encryption.key:
            # A schedule with an encrypted payload is changed by looking at the key, too.
            self.function.add_to_role_policy(
                iam.PolicyStatement(actions=["kms:DescribeKey"], resources=[encryption.key.key_arn])
            )


def _tell_eventbridge(bucket: s3.Bucket) -> None:
    """Set CloudFormation's own property.

    The CDK's ``event_bridge_enabled`` makes a custom resource of it, whose function may change the
    notifications of every bucket in the account.
    """
    resource = cast(s3.CfnBucket, bucket.node.default_child)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
            event_bridge_enabled=True
        )
    )
