"""The CDK app: the same assembly, whether the CDK CLI starts it or ``python app.py``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra.settings import CONTEXT_KEY, FILE_CONTEXT_KEY, DeploymentSettings
from infra.stacks.recommender_stack import VideoRecommenderStack

PROJECT_ROOT = Path(__file__).resolve().parents[1]


def create_app(outdir: Path | None = None) -> App:
    """Put the app together, ready for ``synth()``; needs no account and no network.

    Parameters
    ----------
    outdir : Path, optional
        Where to write the assembly; the default is what CDK_OUTDIR says (the CDK CLI sets it),
        otherwise ``cdk.out``.

    Raises
    ------
    SettingsError
        If the deployment settings in the context break their contract.
    """
    folder = outdir or Path(os.environ.get("CDK_OUTDIR", PROJECT_ROOT / "cdk.out"))
    app = App(context=default_context(), outdir=str(folder), analytics_reporting=False)
    settings = DeploymentSettings.from_context(
        app.node.try_get_context(CONTEXT_KEY), app.node.try_get_context(FILE_CONTEXT_KEY)
    )
    VideoRecommenderStack(app, settings=settings)
    return app


def default_context() -> dict[str, Any]:
    """Context of ``cdk.json`` and what the CDK CLI adds to it; what the CLI sends wins."""
    cdk_json = json.loads((PROJECT_ROOT / "cdk.json").read_text("utf-8"))
    return {
        **cdk_json["context"],
        "aws:cdk:enable-path-metadata": True,
        "aws:cdk:bundling-stacks": [],  # no layers: pip would need a package index
        # The warning that they are missing is for those who deploy, and the CDK CLI shows it.
        "@aws-cdk/core:annotationsInValidationReport": False,
    }
