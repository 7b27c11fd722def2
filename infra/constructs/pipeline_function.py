"""One function of the pipeline, with the house's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.logged_function import LoggedFunction
from infra.setting_sections import FunctionName
from infra.settings import DeploymentSettings


class PipelineFunction(LoggedFunction):
    """A function that a state of the workflow invokes.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Name of the state that invokes the function; the folder is its snake-case form.
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
    settings : DeploymentSettings
        The deployment's choices.
    **more
        As for every `LoggedFunction`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: FunctionName,
        *,
        layer: lambda_.ILayerVersion,
        bucket_name: str,
        memory_mib: int,
        disk_mib: int,
        timeout: Duration,
        environment: Mapping[str, str] = MappingProxyType({}),
        settings: DeploymentSettings,
        **more: Any,
    ) -> None:
        chosen = settings.function(construct_id)
        super().__init__(
            scope,
            construct_id,
            description=f"{construct_id} of the recommender workflow",
            layers=[layer],
            memory_mib=chosen.memory_mib or memory_mib,
            disk_mib=chosen.disk_mib or disk_mib,
            timeout=Duration.seconds(chosen.timeout_seconds) if chosen.timeout_seconds else timeout,
            environment={
                "DATA_BUCKET": bucket_name,
                "LOG_LEVEL": "INFO",
                "STACK_NAME": Stack.of(scope).stack_name,
                **environment,
            },
            settings=settings,
            **more,
        )
