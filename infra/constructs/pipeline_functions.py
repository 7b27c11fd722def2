"""The functions of the pipeline, each with what it needs."""

from __future__ import annotations

from functools import partial

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.allocation import KEEP_FREED_MEMORY
from infra.constructs.encryption import Encryption
from infra.constructs.function_code import PackageLayer, first_party_code
from infra.constructs.network import Network
from infra.constructs.pipeline_function import PipelineFunction
from infra.settings import DeploymentSettings

# Memory, disk and time limits follow from measured peaks: docs/functions.md.


def pipeline_functions(
    scope: Construct,
    *,
    bucket_name: str,
    encryption: Encryption,
    network: Network,
    settings: DeploymentSettings,
) -> dict[str, PipelineFunction]:
    """Create the functions.

    Parameters
    ----------
    scope : Construct
        The stack.
    bucket_name : str
        The data bucket.
    encryption : Encryption
        For variables and logs.
    network : Network
        Where they run.
    settings : DeploymentSettings
        The deployment's choices.

    Returns
    -------
    dict of str to PipelineFunction
        By name, which is the construct's, the state's and, in snake case, the folder's.
    """
    function = partial(
        PipelineFunction,
        scope,
        code=first_party_code(),
        bucket_name=bucket_name,
        encryption=encryption,
        network=network,
        settings=settings,
    )
    layer = partial(_layer, scope, settings=settings)
    contracts = layer("contracts")
    functions = (
        function(
            "ResolveRun",
            folder="resolve_run",
            layer=contracts,
            memory_mib=512,
            disk_mib=512,
            timeout=Duration.seconds(30),
            environment={"SPARK_MIN_ROWS": str(settings.spark.min_rows)},
        ),
        function(
            "ClaimRun",
            folder="claim_run",
            layer=contracts,
            memory_mib=256,
            disk_mib=512,
            timeout=Duration.seconds(30),
        ),
        function(
            "Preprocess",
            folder="preprocess",
            layer=layer("preparation"),
            memory_mib=3072,
            disk_mib=4096,
            timeout=Duration.minutes(15),
            environment=KEEP_FREED_MEMORY,
        ),
        function(
            "ConvertRecordIO",
            folder="convert_recordio",
            layer=layer("conversion"),
            memory_mib=1792,
            disk_mib=512,
            timeout=Duration.minutes(10),
        ),
        function(
            "Evaluate",
            folder="evaluate",
            layer=layer("evaluation"),
            memory_mib=3072,
            disk_mib=4096,
            timeout=Duration.minutes(15),
        ),
    )
    return {function.node.id: function for function in functions}


def _layer(scope: Construct, name: str, *, settings: DeploymentSettings) -> lambda_.ILayerVersion:
    return PackageLayer(scope, f"{name.capitalize()}Layer", name=name, settings=settings).layer
