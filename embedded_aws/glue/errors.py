"""Errors that Glue's API answers with; the class names are the API's own."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class AlreadyExistsException(ServiceException):
    """There is such a job already."""

    code = "AlreadyExistsException"


class ConcurrentRunsExceededException(ServiceException):
    """As many runs of the job are under way as it may have."""

    code = "ConcurrentRunsExceededException"


class EntityNotFoundException(ServiceException):
    """There is no such job or run."""

    code = "EntityNotFoundException"


class IdempotentParameterMismatchException(ServiceException):
    """There is a job of this name, and it is another one."""

    code = "IdempotentParameterMismatchException"


class InvalidInputException(ServiceException):
    """The request breaks a rule of the API."""

    code = "InvalidInputException"
