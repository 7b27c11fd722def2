"""SageMaker's API, as far as the embedded AWS goes.

What is listed here does what AWS documents. Every other operation answers
``UnsupportedInEmbeddedAws``.
"""

from __future__ import annotations

from typing import Any

from embedded_aws.errors import UnsupportedTuningStrategyError
from embedded_aws.registry_api import RegistryApi
from embedded_aws.sagemaker.errors import ValidationException
from embedded_aws.sagemaker.registry import registries
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

_OPERATIONS = (
    "AddTags",
    "ListTags",
    "CreateModel",
    "DescribeModel",
    "ListModels",
    "DeleteModel",
    "CreateTrainingJob",
    "DescribeTrainingJob",
    "ListTrainingJobs",
    "StopTrainingJob",
    "CreateTransformJob",
    "DescribeTransformJob",
    "ListTransformJobs",
    "StopTransformJob",
    "CreateHyperParameterTuningJob",
    "DescribeHyperParameterTuningJob",
    "ListHyperParameterTuningJobs",
    "ListTrainingJobsForHyperParameterTuningJob",
    "StopHyperParameterTuningJob",
)


class SageMakerApi(RegistryApi):
    """SageMaker in every account and region."""

    service = "sagemaker"
    title = "SageMaker"
    operations = _OPERATIONS
    registries = registries
    invalid_request = ValidationException

    def _perform(self, operation: str) -> dict[str, Any] | None:
        try:
            return super()._perform(operation)
        except UnsupportedTuningStrategyError as error:
            raise UnsupportedInEmbeddedAws(str(error)) from error
