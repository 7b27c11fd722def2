"""What functions are made of: first-party code, and layers of third-party packages."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from aws_cdk import (
    Acknowledgment,
    FileAssetLocation,
    FileAssetPackaging,
    IgnoreMode,
    Stack,
    Stage,
    Validations,
)
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import bundling
from infra.bundling import LAYERS_FOLDER, PROJECT_ROOT, layer_archive, layer_hash
from infra.settings import DeploymentSettings

_NO_OBJECT_VERSION = "Annotation::@aws-cdk/aws-lambda:codeFromBucketObjectVersionNotSpecified"


def ignored_but(*packages: str) -> list[str]:
    """Leave only the Python files of some top-level packages, as a .gitignore file would.

    The last match wins, and an ignored folder is not even opened, so that nothing re-included
    below can bring back a top-level folder such as .venv or cdk.out.
    """
    return ["*", "!*.py", "!*/", "__pycache__/", "/*", *(f"!/{name}/" for name in packages)]


def first_party_code() -> lambda_.Code:
    """The packages `lambdas` and `recommender`: one archive, shared by all functions."""
    return lambda_.Code.from_asset(
        str(PROJECT_ROOT),
        exclude=[*ignored_but("lambdas", "recommender"), "/lambdas/layers/"],
        ignore_mode=IgnoreMode.GIT,
    )


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
        location = self._asset(LAYERS_FOLDER / name, settings)
        assets = s3.Bucket.from_bucket_name(self, "Assets", location.bucket_name)
        Validations.of(assets).acknowledge(
            Acknowledgment(id=_NO_OBJECT_VERSION, reason="The object's key is its content's hash")
        )
        self.layer = lambda_.LayerVersion(
            self,
            "Layer",
            description=f"Packages locked in lambdas/layers/{name}",
            compatible_architectures=[settings.cdk_lambda_architecture],
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            removal_policy=settings.cdk_removal_policy,
            code=lambda_.Code.from_bucket(assets, location.object_key),
        )

    def _asset(self, folder: Path, settings: DeploymentSettings) -> FileAssetLocation:
        """Let the CDK CLI publish the layer's archive; the template is the same in both cases.

        With bundling the archive goes into the assembly, which is then complete. Without, the CLI
        builds it when it publishes the assembly: it takes what the command prints for the file.
        """
        architecture = settings.lambda_architecture
        content = layer_hash(folder, architecture)
        synthesizer = Stack.of(self).synthesizer
        if Stack.of(self).bundling_required:
            stage = Stage.of(self)
            if stage is None:
                raise ValueError(f"{self.node.path}: expected to be in an app, found no stage")
            file_name = f"layer-{content}"  # no suffix: the key would have it too
            shutil.copyfile(layer_archive(folder, architecture), Path(stage.outdir) / file_name)
            return synthesizer.add_file_asset(
                source_hash=content,
                display_name=f"layer {folder.name}",
                file_name=file_name,
                packaging=FileAssetPackaging.FILE,
            )
        return synthesizer.add_file_asset(
            source_hash=content,
            display_name=f"layer {folder.name}",
            executable=[sys.executable, str(bundling.__file__), folder.name, architecture],
        )
