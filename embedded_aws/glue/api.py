"""Glue's API, as far as the embedded AWS goes.

What is listed here does what AWS documents. Every other operation answers
``UnsupportedInEmbeddedAws``. Glue documents InvalidInputException for what breaks the API's model.
"""

from __future__ import annotations

from typing import Any

from moto.core.utils import camelcase_to_underscores

from embedded_aws.glue.errors import InvalidInputException
from embedded_aws.glue.registry import registry_of
from embedded_aws.own_api import OwnApi
from embedded_aws.request_validation import validate_request

_OPERATIONS = (
    "CreateJob",
    "UpdateJob",
    "DeleteJob",
    "GetJob",
    "GetJobs",
    "ListJobs",
    "StartJobRun",
    "GetJobRun",
    "GetJobRuns",
    "BatchStopJobRun",
    "TagResource",
    "UntagResource",
    "GetTags",
)


class GlueApi(OwnApi):
    """Checks requests against the API's model and hands them to the registry."""

    service = "glue"
    title = "Glue"
    operations = _OPERATIONS

    def _perform(self, operation: str) -> dict[str, Any] | None:
        parameters = {k: v for k, v in self.params.items() if v is not None}
        validate_request("glue", operation, parameters, error=InvalidInputException)
        registry = registry_of(self.current_account, self.region)
        result: dict[str, Any] | None = getattr(registry, camelcase_to_underscores(operation))(
            parameters
        )
        return result
