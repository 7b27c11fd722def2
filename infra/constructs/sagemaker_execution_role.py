"""The role that SageMaker's jobs run with; the stack adds the files that they may touch."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct


class SageMakerExecutionRole(Construct):
    """The role of training, tuning and transform jobs, limited to what they touch.

    Attributes
    ----------
    role : Role
        The role.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="SageMaker jobs and models of the recommender workflow",
        )

    def grant_pull(self, repository_arn: str) -> None:
        """Allow to pull the algorithm's image."""
        self._allow(
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            repository_arn,
        )
        # A token is for the caller's registry as a whole; IAM knows no resource for it.
        self._allow(["ecr:GetAuthorizationToken"], "*")

    def grant_telemetry(self) -> None:
        """Allow to write the jobs' logs and metrics."""
        logs_arn = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws/sagemaker/*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self._allow(
            [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            logs_arn,
        )
        # CloudWatch metrics have no ARN; the namespace is the limit.
        self._allow(
            ["cloudwatch:PutMetricData"],
            "*",
            conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
        )

    def _allow(
        self,
        actions: list[str],
        *resources: str,
        conditions: dict[str, dict[str, str]] | None = None,
    ) -> None:
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=actions, resources=list(resources), conditions=conditions or {}
            )
        )
