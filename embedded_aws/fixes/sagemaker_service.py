"""SageMaker's API runs jobs, and refuses by name what it cannot do.

moto answers most of SageMaker's operations from memory without doing anything: a training job is
complete at once and has no model. None of that is reachable here.
"""

from __future__ import annotations

from moto.sagemaker import urls

from embedded_aws.sagemaker.api import SageMakerApi


def apply() -> None:
    """Route all of SageMaker's requests to the embedded implementation."""
    urls.url_paths["{0}/$"] = SageMakerApi.dispatch
