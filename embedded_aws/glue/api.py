"""Glue's API, as far as the embedded AWS goes.

What is listed here does what AWS documents. Every other operation answers
``UnsupportedInEmbeddedAws``. Glue documents InvalidInputException for what breaks the API's model.
"""

from __future__ import annotations

from embedded_aws.glue.errors import InvalidInputException
from embedded_aws.glue.registry import registries
from embedded_aws.registry_api import RegistryApi

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


class GlueApi(RegistryApi):
    """Glue in every account and region."""

    service = "glue"
    title = "Glue"
    operations = _OPERATIONS
    registries = registries
    invalid_request = InvalidInputException
