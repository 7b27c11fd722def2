"""Errors of CloudFormation's API, and the failure of one resource.

Codes and texts: CloudFormation API reference ("Errors" of each action) and what the service
answers.
"""

from __future__ import annotations

from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException


class CloudFormationError(ServiceException):
    """Base of the errors that the API answers."""


class ValidationError(CloudFormationError):
    """The request or its template breaks a rule."""

    code = "ValidationError"


class AlreadyExistsError(CloudFormationError):
    """There is a stack or change set of that name."""

    code = "AlreadyExistsException"


class ChangeSetNotFoundError(CloudFormationError):
    """There is no such change set."""

    code = "ChangeSetNotFound"


class InvalidChangeSetStatusError(CloudFormationError):
    """The change set cannot be executed."""

    code = "InvalidChangeSetStatus"


class InsufficientCapabilitiesError(CloudFormationError):
    """The template makes IAM resources that the request does not acknowledge."""

    code = "InsufficientCapabilitiesException"


class ResourceFailure(Exception):  # noqa: N818 - a resource's state, shown in the stack's events
    """One resource could not be created, updated or deleted; the message is the reason."""


def reason_of(error: Exception) -> str:
    """Say why a resource failed, as the stack's events show it.

    Parameters
    ----------
    error : Exception
        A failure of our own, or an error of the service that the resource belongs to.
    """
    if isinstance(error, ClientError):
        details = error.response["Error"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return (
            f'Resource handler returned message: "{details.get("Message")}" '
            f"(Operation: {error.operation_name}, Status Code: {status}, "
            f"HandlerErrorCode: {details.get('Code') or 'GeneralServiceException'})"
        )
    if isinstance(error, ServiceException):
        return str(error.message)
    return str(error) or type(error).__name__
