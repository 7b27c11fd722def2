"""What botocore knows of AWS's APIs, loaded once: some of these files are megabytes of JSON."""

from __future__ import annotations

import functools

import botocore.session
from botocore.model import OperationModel, ServiceModel, StructureShape


@functools.cache
def service_model(service: str) -> ServiceModel:
    """Return the model of a service's API.

    Parameters
    ----------
    service : str
        A botocore service name, for example ``sagemaker``.
    """
    return botocore.session.get_session().get_service_model(service)


def operation_model(service: str, operation: str) -> OperationModel:
    """Return the model of one operation, for example ``CreateTrainingJob``."""
    return service_model(service).operation_model(operation)


def input_shape(service: str, operation: str) -> StructureShape:
    """Return what an operation takes."""
    return operation_model(service, operation).input_shape
