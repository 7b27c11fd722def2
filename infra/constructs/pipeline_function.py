"""One function of the pipeline, with the house's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from aws_cdk import Duration, Size, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.encryption import Encryption
from infra.constructs.function_role import FunctionRole
from infra.constructs.network import Network
from infra.nag import keep
from infra.setting_sections import FunctionName
from infra.settings import DeploymentSettings


class PipelineFunction(Construct):
    """A function whose handler is in ``lambdas/<folder>``, with its log group.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Name of the state that invokes the function; the folder is its snake-case form.
    code : Code
        First-party code, shared by all functions.
    layer : ILayerVersion
        The third-party packages it needs, and no more.
    bucket_name : str
        The data bucket.
    memory_mib : int
        Memory, and with it the share of processors, unless the settings say otherwise; so for
        disk and time limit.
    disk_mib : int
        Local disk, below ``/tmp``.
    timeout : Duration
        Time limit of one invocation, at most 15 minutes.
    environment : mapping of str to str, optional
        Variables that only this function needs.
    encryption : Encryption
        For variables and logs.
    network : Network
        Where it runs.
    settings : DeploymentSettings
        The deployment's choices.

    Attributes
    ----------
    function : Function
        The function.
    role : Role
        The role that it runs with.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: FunctionName,
        *,
        folder: str,
        code: lambda_.Code,
        layer: lambda_.ILayerVersion,
        bucket_name: str,
        memory_mib: int,
        disk_mib: int,
        timeout: Duration,
        environment: Mapping[str, str] = MappingProxyType({}),
        settings: DeploymentSettings,
        encryption: Encryption,
        network: Network,
    ) -> None:
        super().__init__(scope, construct_id)
        chosen = settings.function(construct_id)
        log_group = logs.LogGroup(
            self,
            "Log",
            encryption_key=encryption.key,
            retention=settings.cdk_log_retention,
            removal_policy=settings.cdk_removal_policy,
        )
        self.role = FunctionRole(
            self, "Execution", log_group=log_group, in_network=network.vpc is not None
        ).role
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"{construct_id} of the recommender workflow",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=settings.cdk_lambda_architecture,
            handler=f"lambdas.{folder}.handler.lambda_handler",
            code=code,
            layers=[layer],
            role=self.role,
            memory_size=chosen.memory_mib or memory_mib,
            ephemeral_storage_size=Size.mebibytes(chosen.disk_mib or disk_mib),
            timeout=Duration.seconds(chosen.timeout_seconds) if chosen.timeout_seconds else timeout,
            vpc=network.vpc,
            vpc_subnets=network.subnets,
            security_groups=network.security_groups,
            tracing=lambda_.Tracing.ACTIVE,
            logging_format=lambda_.LoggingFormat.JSON,
            log_group=log_group,
            environment_encryption=encryption.key,
            environment={
                "DATA_BUCKET": bucket_name,
                "LOG_LEVEL": "INFO",
                "STACK_NAME": Stack.of(self).stack_name,
                **environment,
            },
        )
        keep(self.function, "L1", "the layers are locked and tested for this version of Python")
