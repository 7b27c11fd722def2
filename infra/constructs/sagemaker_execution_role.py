"""The role that SageMaker's jobs run with; the stack adds the files that they may touch.

What a job needs is in the SageMaker developer guide, "How to use SageMaker AI execution roles":
CreateTrainingJob, CreateHyperParameterTuningJob and CreateModel have the same list, of which S3
and ECR are limited to what the request names.
"""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.permissions import allow

# Each kind of job has a log group and a namespace of metrics, both of this name. A tuning job's
# trials are training jobs.
JOB_KINDS = ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/TransformJobs")


class SageMakerExecutionRole(Construct):
    """The role of training, tuning and transform jobs, limited to what they touch.

    Attributes
    ----------
    role : Role
        The role.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        jobs_arn = Stack.of(self).format_arn(service="sagemaker", resource="*")
        self.role = iam.Role(
            self,
            "Role",
            # SageMaker developer guide, "Cross-service confused deputy prevention".
            assumed_by=iam.ServicePrincipal(
                "sagemaker.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": jobs_arn},
                },
            ),
            description="SageMaker jobs and models of the recommender workflow",
        )

    def grant_pull(self, repository_arn: str) -> None:
        """Allow to pull the algorithm's image."""
        allow(
            self.role,
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            [repository_arn],
            wildcard_reason="",
        )
        allow(
            self.role,
            ["ecr:GetAuthorizationToken"],
            ["*"],
            wildcard_reason="a token is for the caller's registry as a whole; metrics have no ARN, "
            "their namespace is the limit; network interfaces are made with the job",
        )

    def grant_telemetry(self) -> None:
        """Allow to write the jobs' logs and metrics."""
        allow(
            self.role,
            [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            [self._log_streams(name) for name in JOB_KINDS],
            wildcard_reason="a job's log streams are named after the job",
        )
        allow(
            self.role,
            ["cloudwatch:PutMetricData"],
            ["*"],
            wildcard_reason="",  # given with the token's: to cdk-nag every `*` is one finding
            conditions={"StringEquals": {"cloudwatch:namespace": list(JOB_KINDS)}},
        )

    def _log_streams(self, log_group: str) -> str:
        return Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{log_group}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
