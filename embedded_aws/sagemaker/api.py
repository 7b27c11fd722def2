"""SageMaker's API, as far as the embedded AWS goes.

What is listed here does what AWS documents. Every other operation answers
``UnsupportedInEmbeddedAws``.
"""

from __future__ import annotations

from typing import Any

from moto.core.utils import camelcase_to_underscores

from embedded_aws.errors import UnsupportedTuningStrategyError
from embedded_aws.own_api import OwnApi
from embedded_aws.request_validation import validate_request
from embedded_aws.sagemaker.errors import ValidationException
from embedded_aws.sagemaker.registry import registry_of
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


class SageMakerApi(OwnApi):
    """Checks requests against the API's model and hands them to the registry."""

    service = "sagemaker"
    title = "SageMaker"
    operations = _OPERATIONS

    def _perform(self, operation: str) -> dict[str, Any] | None:
        parameters = {k: v for k, v in self.params.items() if v is not None}
        validate_request("sagemaker", operation, parameters, error=ValidationException)
        registry = registry_of(self.current_account, self.region)
        try:
            result: dict[str, Any] | None = getattr(registry, camelcase_to_underscores(operation))(
                parameters
            )
        except UnsupportedTuningStrategyError as error:
            raise UnsupportedInEmbeddedAws(str(error)) from error
        return result
