"""The role that a function runs with; the stack adds what its code needs."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.nag import keep_wildcards
from infra.permissions import allow


class FunctionRole(Construct):
    """A role for one function: its own log, its traces, its way into a private network.

    AWS's managed policies for this, AWSLambdaBasicExecutionRole and
    AWSLambdaVPCAccessExecutionRole, let a function write every log of the account.

    Parameters
    ----------
    scope : Construct
        The function's parent.
    construct_id : str
        Id below `scope`.
    log_group : ILogGroup
        The function's log.
    in_network : bool
        Whether the function runs in a private network.

    Attributes
    ----------
    role : Role
        The role.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        log_group: logs.ILogGroup,
        in_network: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"The function {scope.node.id} of the recommender workflow",
        )
        allow(
            self.role,
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [log_group.log_group_arn],
            wildcard_reason="",
        )
        if in_network:
            self._allow_network()
        # The statement for X-Ray is the CDK's, which adds it to functions that are traced.
        keep_wildcards(
            self.role,
            ["*"],
            "X-Ray's traces have no ARN; network interfaces are named when Lambda makes them",
        )

    def _allow_network(self) -> None:
        """Lambda developer guide, "Giving Lambda functions access to resources in a VPC"."""
        allow(
            self.role,
            [
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ],
            ["*"],
            wildcard_reason="",  # given with X-Ray's: to cdk-nag every `*` is one finding
        )
