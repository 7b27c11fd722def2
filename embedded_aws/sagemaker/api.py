"""SageMaker's API, as far as the embedded AWS goes.

What is listed here does what AWS documents. Every other operation answers
``UnsupportedInEmbeddedAws``.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import camelcase_to_underscores

from embedded_aws.errors import UnsupportedTuningStrategyError
from embedded_aws.sagemaker.registry import Registry, registry_of
from embedded_aws.sagemaker.request_validation import validate_request
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


class SageMakerApi(BaseResponse):
    """Parses requests, checks them against the API's model and hands them to the registry."""

    def __init__(self) -> None:
        super().__init__(service_name="sagemaker")
        self.automated_parameter_parsing = True

    @property
    def _registry(self) -> Registry:
        return registry_of(self.current_account, self.region)

    def call_action(self) -> Any:
        """Answer one request."""
        operation = self._get_action()
        try:
            if operation not in _OPERATIONS:
                raise UnsupportedInEmbeddedAws(
                    f"The embedded AWS does not offer SageMaker's {operation}; "
                    f"it offers {', '.join(_OPERATIONS)}"
                )
            parameters = {k: v for k, v in self.params.items() if v is not None}
            validate_request(operation, parameters)
            result = self._call(operation, parameters)
        except UnsupportedTuningStrategyError as error:
            return self._answer(ActionResult(UnsupportedInEmbeddedAws(str(error))))
        except Exception as error:
            if not hasattr(error, "code"):
                raise
            return self._answer(ActionResult(error))
        return self._answer(EmptyResult() if result is None else ActionResult(result))

    def _answer(self, result: ActionResult) -> Any:
        status, headers, body = self.serialized(result)
        return status, *self._enrich_response(headers, body)

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        handler = getattr(self._registry, camelcase_to_underscores(operation))
        result: dict[str, Any] | None = handler(parameters)
        return result
