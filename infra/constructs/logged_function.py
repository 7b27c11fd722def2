"""A function with the house's defaults, its own log and a role of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.encryption import Encryption
from infra.constructs.function_role import FunctionRole
from infra.constructs.network import Network
from infra.nag import keep
from infra.settings import DeploymentSettings


class LoggedFunction(Construct):
    """A function whose handler is in ``lambdas/<folder>``.

    Parameters
    ----------
    scope : Construct
        Parent.
    construct_id : str
        Id below `scope`.
    description : str
        For people who look at it in the console.
    folder : str
        Below ``lambdas/``.
    code : Code
        First-party code, shared by all functions.
    layers : sequence of ILayerVersion
        Third-party packages.
    memory_mib : int
        Memory, and with it the share of processors.
    disk_mib : int
        Local disk, below ``/tmp``.
    timeout : Duration
        Time limit of one invocation, at most 15 minutes.
    environment : mapping of str to str
        Variables.
    settings : DeploymentSettings
        The deployment's choices.
    encryption : Encryption
        For variables and logs.
    network : Network
        Where it runs.

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
        construct_id: str,
        *,
        description: str,
        folder: str,
        code: lambda_.Code,
        memory_mib: int,
        timeout: Duration,
        environment: Mapping[str, str],
        settings: DeploymentSettings,
        encryption: Encryption,
        network: Network,
        layers: Sequence[lambda_.ILayerVersion] = (),
        disk_mib: int = 512,
    ) -> None:
        super().__init__(scope, construct_id)
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
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=settings.cdk_lambda_architecture,
            handler=f"lambdas.{folder}.handler.lambda_handler",
            code=code,
            layers=list(layers),
            role=self.role,
            memory_size=memory_mib,
            ephemeral_storage_size=Size.mebibytes(disk_mib),
            timeout=timeout,
            vpc=network.vpc,
            vpc_subnets=network.subnets,
            security_groups=network.security_groups,
            tracing=lambda_.Tracing.ACTIVE,
            logging_format=lambda_.LoggingFormat.JSON,
            log_group=log_group,
            environment_encryption=encryption.key,
            environment=dict(environment),
        )
        keep(self.function, "L1", "functions run on the Python that their code is tested for")
