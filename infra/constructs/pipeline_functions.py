"""The functions of the pipeline, each with what it needs."""

from __future__ import annotations

from functools import partial

from aws_cdk import Duration
from constructs import Construct

from infra.constructs.function_code import PackageLayer, first_party_code
from infra.constructs.pipeline_function import PipelineFunction
from infra.settings import DeploymentSettings

# The whole data set passes through memory once; Lambda gives processors by memory, and a second
# one from about 3 GiB on.
DATA_MEMORY_MIB = 3072
DATA_TIMEOUT = Duration.minutes(15)


def pipeline_functions(
    scope: Construct, *, bucket_name: str, settings: DeploymentSettings
) -> dict[str, PipelineFunction]:
    """Create the functions.

    Parameters
    ----------
    scope : Construct
        The stack.
    bucket_name : str
        The data bucket.
    settings : DeploymentSettings
        The deployment's choices.

    Returns
    -------
    dict of str to PipelineFunction
        By name, which is the construct's, the state's and, in snake case, the folder's.
    """
    contracts = PackageLayer(scope, "ContractsLayer", name="contracts", settings=settings).layer
    science = PackageLayer(scope, "ScienceLayer", name="science", settings=settings).layer
    function = partial(
        PipelineFunction,
        scope,
        code=first_party_code(),
        bucket_name=bucket_name,
        settings=settings,
    )
    on_data = partial(function, layer=science, memory_mib=DATA_MEMORY_MIB, timeout=DATA_TIMEOUT)
    functions = (
        function(
            "ResolveRun",
            folder="resolve_run",
            layer=contracts,
            memory_mib=256,
            timeout=Duration.seconds(30),
        ),
        on_data("Preprocess", folder="preprocess"),
        on_data("ConvertRecordIO", folder="convert_recordio"),
        on_data("Evaluate", folder="evaluate"),
    )
    return {function.node.id: function for function in functions}
