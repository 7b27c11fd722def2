"""The Spark job that prepares ratings which outgrow a function, on AWS Glue.

Sources: Glue developer guide, "AWS Glue versions" (5.0: Spark 3.5, Python 3.11, glibc 2.34), "Using
job parameters in AWS Glue jobs", "Using Python libraries with AWS Glue" (a requirements file, from
5.0 on), "Logging for AWS Glue jobs" (log groups below a prefix of one's own, from 5.0 on).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_cdk import Aws, Duration, Fn, IgnoreMode, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from infra.bundling import PROJECT_ROOT
from infra.constructs.encryption import Encryption
from infra.constructs.function_code import ignored_but
from infra.nag import keep
from infra.permissions import allow
from infra.setting_sections import SparkSettings
from infra.settings import DeploymentSettings

_SCRIPT = PROJECT_ROOT / "spark" / "job.py"
# Locked with hashes, which pip then insists on.
_REQUIREMENTS = PROJECT_ROOT / "spark" / "requirements.txt"
_MAX_CONCURRENT_RUNS = 10


class SparkPreparation(Construct):
    """The job, its role and its logs; the stack adds the files that it may touch.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Id below `scope`: name of the state that starts the job.
    bucket_name : str
        The data bucket.
    encryption : Encryption
        For logs.
    settings : DeploymentSettings
        The deployment's choices.

    Attributes
    ----------
    job_name : str
    role : Role
        The role that the job runs with.
    log_group_name : str
        Where the job's own output goes.
    timeout : Duration
        Of a run.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket_name: str,
        encryption: Encryption,
        settings: DeploymentSettings,
    ) -> None:
        super().__init__(scope, construct_id)
        # Logs that an earlier stack of this name has left keep their names: these are its own.
        incarnation = Fn.select(2, Fn.split("/", Aws.STACK_ID))
        log_prefix = f"/aws-glue/{Stack.of(self).stack_name}/{incarnation}/{construct_id}"
        groups = [
            logs.LogGroup(
                self,
                f"{name.capitalize()}Log",
                log_group_name=f"{log_prefix}/{name}",
                encryption_key=encryption.key,
                retention=settings.cdk_log_retention,
                removal_policy=settings.cdk_removal_policy,
            )
            for name in ("output", "error")
        ]
        self.log_group_name = f"{log_prefix}/output"
        self.timeout = Duration.minutes(settings.spark.timeout_minutes)
        self.role = self._role(groups, settings.spark)
        self.job_name = self._job(bucket_name, log_prefix, settings.spark).ref

    def _job(self, bucket_name: str, log_prefix: str, chosen: SparkSettings) -> glue.CfnJob:
        script = self._readable("Script", _SCRIPT)
        requirements = self._readable("Requirements", _REQUIREMENTS)
        packages = self._readable(
            "Packages",
            PROJECT_ROOT,
            exclude=ignored_but("recommender", "spark"),
            ignore_mode=IgnoreMode.GIT,
        )
        keep(self, "GL1", "the log groups are the stack's own, encrypted as the settings say")
        keep(self, "GL3", "there are no job bookmarks to be encrypted")
        return glue.CfnJob(
            self,
            "Job",
            description="Prepares ratings that outgrow a function, for the recommender workflow",
            role=self.role.role_arn,
            command=glue.CfnJob.JobCommandProperty(
                name="glueetl", python_version="3", script_location=script
            ),
            glue_version="5.0",
            worker_type=chosen.worker_type,
            number_of_workers=chosen.max_workers,
            execution_property=glue.CfnJob.ExecutionPropertyProperty(
                max_concurrent_runs=_MAX_CONCURRENT_RUNS
            ),
            timeout=chosen.timeout_minutes,
            # Spark does a task again; a job that fails all the same fails for a reason.
            max_retries=0,
            connections=glue.CfnJob.ConnectionsListProperty(connections=[chosen.connection])
            if chosen.connection
            else None,
            default_arguments={
                "--extra-py-files": packages,
                "--additional-python-modules": requirements,
                "--python-modules-installer-option": "-r",
                "--enable-auto-scaling": "true",
                "--job-bookmark-option": "job-bookmark-disable",
                "--custom-logGroup-prefix": log_prefix,
                "--data_bucket": bucket_name,
            },
        )

    def _readable(self, name: str, path: Path, **options: Any) -> str:
        """Make an asset that the role may read, and no more of its bucket; give its address."""
        asset = s3_assets.Asset(self, name, path=str(path), **options)
        allow(
            self.role,
            ["s3:GetObject"],
            [f"arn:{Aws.PARTITION}:s3:::{asset.s3_bucket_name}/{asset.s3_object_key}"],
            wildcard_reason="",
        )
        return asset.s3_object_url

    def _role(self, groups: list[logs.LogGroup], chosen: SparkSettings) -> iam.Role:
        jobs = Stack.of(self).format_arn(service="glue", resource="job", resource_name="*")
        role = iam.Role(
            self,
            "Execution",
            # Glue developer guide, "Cross-service confused deputy prevention".
            assumed_by=iam.ServicePrincipal(
                "glue.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": jobs},
                },
            ),
            description="Spark preparation of the recommender workflow",
        )
        allow(
            role,
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [group.log_group_arn for group in groups],
            wildcard_reason="",
        )
        if chosen.connection:
            self._allow_connection(role, chosen.connection)
        return role

    def _allow_connection(self, role: iam.Role, name: str) -> None:
        """Let the job's workers join a private network."""
        stack = Stack.of(self)
        allow(
            role,
            ["glue:GetConnection"],
            [
                stack.format_arn(service="glue", resource="catalog"),
                stack.format_arn(service="glue", resource="connection", resource_name=name),
            ],
            wildcard_reason="",
        )
        allow(
            role,
            [
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcEndpoints",
            ],
            ["*"],
            wildcard_reason="network interfaces are made with a run, and none of what is described "
            "has an ARN to be named",
        )
        allow(
            role,
            ["ec2:CreateTags", "ec2:DeleteTags"],
            [stack.format_arn(service="ec2", resource="network-interface", resource_name="*")],
            wildcard_reason="network interfaces are made with a run",
            conditions={
                "ForAllValues:StringEquals": {"aws:TagKeys": ["aws-glue-service-resource"]}
            },
        )
