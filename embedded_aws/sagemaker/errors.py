"""Errors that SageMaker's API answers with; the class names are the API's own."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class ValidationException(ServiceException):
    """The request breaks a rule of the API."""

    code = "ValidationException"


class ResourceInUse(ServiceException):
    """The name is taken."""

    code = "ResourceInUse"


class ResourceNotFound(ServiceException):
    """There is no such job."""

    code = "ResourceNotFound"
