"""The code and the layers of the functions."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from aws_cdk import (
    Annotations,
    AssetHashType,
    BundlingOptions,
    DockerImage,
    IgnoreMode,
    ILocalBundling,
    Stack,
)
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.bundling import LayerBundling, layer_hash
from infra.settings import DeploymentSettings

PROJECT_ROOT = Path(__file__).resolve().parents[2]
LAYERS_FOLDER = PROJECT_ROOT / "lambdas" / "layers"

# As in a .gitignore file: the last match wins, and an ignored folder is not even opened, so that
# nothing re-included below can bring back a top-level folder such as .venv or cdk.out.
IGNORED = [
    "*",
    "!*.py",
    "!*/",
    "__pycache__/",
    "/*",
    "!/lambdas/",
    "/lambdas/layers/",
    "!/recommender/",
]


def first_party_code() -> lambda_.Code:
    """The packages `lambdas` and `recommender`: one archive, shared by all functions."""
    return lambda_.Code.from_asset(str(PROJECT_ROOT), exclude=IGNORED, ignore_mode=IgnoreMode.GIT)


class PackageLayer(Construct):
    """Third-party packages for functions, from ``lambdas/layers/<name>/requirements.lock``.

    Attributes
    ----------
    layer : LayerVersion
        The layer.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, settings: DeploymentSettings
    ) -> None:
        super().__init__(scope, construct_id)
        folder = LAYERS_FOLDER / name
        architecture = settings.lambda_architecture
        self.layer = lambda_.LayerVersion(
            self,
            "Layer",
            description=f"Packages locked in lambdas/layers/{name}",
            compatible_architectures=[settings.cdk_lambda_architecture],
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            removal_policy=settings.cdk_removal_policy,
            code=lambda_.Code.from_asset(
                str(folder),
                asset_hash=layer_hash(folder, architecture),
                asset_hash_type=AssetHashType.CUSTOM,
                bundling=BundlingOptions(
                    image=DockerImage.from_registry("unused"),  # local bundling never gives up
                    # jsii passes the options in the signature; mypy wants all of them there.
                    local=cast(ILocalBundling, LayerBundling(folder, architecture)),
                ),
            ),
        )
        if not Stack.of(self).bundling_required:
            # The CDK CLI shows it, should somebody deploy such an assembly (cdk deploy --app).
            Annotations.of(self).add_warning_v2(
                "recommender:unbuilt-layer",
                f"Layer {name!r} is not built: this assembly is for the embedded AWS only. "
                "Deploy to an account with `cdk deploy`, without --app.",
            )
