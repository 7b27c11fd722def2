"""The key that data and logs are encrypted with, if it is not AWS's own."""

from __future__ import annotations

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.settings import DeploymentSettings


class Encryption(Construct):
    """A KMS key of the stack, a key that is there already, or none.

    Attributes
    ----------
    key : IKey or None
        None: AWS's own keys. A key from outside must allow CloudWatch Logs in its policy.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: DeploymentSettings
    ) -> None:
        super().__init__(scope, construct_id)
        self.key: kms.IKey | None = None
        if settings.kms_key == "stack":
            self.key = self._key_of_the_stack(settings)
        elif settings.kms_key != "aws":
            self.key = kms.Key.from_key_arn(self, "Key", settings.kms_key)

    def grant(
        self,
        role: iam.IPrincipal,
        *,
        reads: bool = True,
        writes: bool = True,
        runs_jobs: bool = False,
    ) -> None:
        """Let a role read and write what the key encrypts.

        Parameters
        ----------
        role : IPrincipal
        reads : bool
            Whether it decrypts: data, files that it writes in parts, a function's variables.
        writes : bool
            Whether it encrypts data.
        runs_jobs : bool
            Whether SageMaker's jobs run with it, which name the key for their outputs, and whose
            encrypted volumes are attached by a grant.
        """
        if self.key is None:
            return
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[
                    *["kms:Decrypt"] * reads,
                    *["kms:GenerateDataKey"] * writes,
                    *["kms:Encrypt"] * runs_jobs,
                ],
                resources=[self.key.key_arn],
            )
        )
        if runs_jobs:
            role.add_to_principal_policy(
                iam.PolicyStatement(
                    actions=["kms:CreateGrant"],
                    resources=[self.key.key_arn],
                    conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
                )
            )

    def _key_of_the_stack(self, settings: DeploymentSettings) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            description=f"Data and logs of {Stack.of(self).stack_name}",
            enable_key_rotation=True,
            removal_policy=settings.cdk_removal_policy,
        )
        # CloudWatch Logs developer guide, "Encrypt log data": the service asks in its own name.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # in a key's policy: this key
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": (
                            f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:*"
                        )
                    }
                },
            )
        )
        return key
