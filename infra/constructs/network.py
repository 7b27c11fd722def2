"""The private network that functions run in."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.settings import DeploymentSettings


class Network(Construct):
    """Somebody's network, as the settings name it, or none.

    Attributes
    ----------
    vpc : IVpc or None
    subnets : SubnetSelection or None
    security_groups : list of ISecurityGroup or None
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: DeploymentSettings
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc: ec2.IVpc | None = None
        self.subnets: ec2.SubnetSelection | None = None
        self.security_groups: list[ec2.ISecurityGroup] | None = None
        chosen = settings.network
        if chosen is None:
            return
        self.vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=chosen.vpc_id,
            # Names of zones are used for nothing here, but must be as many as subnets.
            availability_zones=[f"zone-{number}" for number in range(len(chosen.subnet_ids))],
            private_subnet_ids=chosen.subnet_ids,
        )
        self.subnets = ec2.SubnetSelection(subnets=self.vpc.private_subnets)
        self.security_groups = [
            ec2.SecurityGroup.from_security_group_id(self, group, group, mutable=False)
            for group in chosen.security_group_ids
        ]

    def grant_jobs(self, role: iam.IPrincipal) -> None:
        """Let SageMaker's jobs attach to the network, as the developer guide says they must.

        "Give SageMaker training jobs access to resources in your Amazon VPC"; EC2 knows no narrower
        resource for an interface that does not exist yet.
        """
        if self.vpc is None:
            return
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[
                    "ec2:CreateNetworkInterface",
                    "ec2:CreateNetworkInterfacePermission",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DeleteNetworkInterfacePermission",
                    "ec2:DescribeDhcpOptions",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                ],
                resources=["*"],
            )
        )
