"""Errors that a service's API does not model have the names in which Step Functions reports them.

Step Functions names errors after the exceptions of the AWS SDK for Java. An error that the API's
model has no class for, such as a missing permission, is the service's general exception:
``Lambda.AWSLambdaException`` (as seen in executions that may not invoke a function), and for AWS
SDK integrations ``S3.S3Exception``, ``Sfn.SfnException``, ``SageMaker.SageMakerException`` (Step
Functions developer guide, "Handling errors", for the form; the names are those of the SDK's
clients). moto reports the API's code, and writes the service as the state machine does.
"""

from __future__ import annotations

import re

from botocore.exceptions import ClientError, UnknownServiceError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_lambda,
)

from embedded_aws.api_model import service_model

_SERVICE_MODELS = {"sfn": "stepfunctions"}


def client_name(service_id: str) -> str:
    """Name of the Java SDK's client: ``SFN`` is Sfn, ``DynamoDB`` DynamoDb, ``S3`` stays.

    Parameters
    ----------
    service_id : str
        Service id of the API's model.
    """
    words = re.sub(r"[A-Z]{2,}", lambda found: found[0].capitalize(), service_id)
    return words.replace(" ", "")


def apply() -> None:
    """Name the errors of functions and of AWS SDK integrations."""
    lambda_tasks = state_task_service_lambda.StateTaskServiceLambda
    sdk_tasks = state_task_service_aws_sdk.StateTaskServiceAwsSdk
    of_exception = sdk_tasks._normalise_exception_name
    of_sdk = sdk_tasks._normalise_service_error_name
    of_lambda = lambda_tasks._error_cause_from_client_error

    def named_by_lambda(client_error: ClientError) -> tuple[str, str]:
        error, cause = of_lambda(client_error)
        modelled = {shape.error_code for shape in service_model("lambda").error_shapes}
        code = client_error.response["Error"]["Code"]
        return (error if code in modelled else "Lambda.AWSLambdaException"), cause

    def service_name(name: str) -> str:
        try:
            model = service_model(_SERVICE_MODELS.get(name.lower(), name.lower()))
        except UnknownServiceError:
            return str(of_sdk(name))
        return client_name(model.service_id)

    def exception_name(name: str, error: Exception) -> str:
        is_modelled = not isinstance(error, ClientError) or _is_modelled(error)
        return str(of_exception(name, error)) if is_modelled else f"{name}.{name}Exception"

    lambda_tasks._error_cause_from_client_error = staticmethod(named_by_lambda)
    sdk_tasks._normalise_service_error_name = staticmethod(service_name)
    sdk_tasks._normalise_exception_name = staticmethod(exception_name)


def _is_modelled(error: ClientError) -> bool:
    """Whether an error has a class of its own.

    S3's AccessDenied has one in the model, but of UpdateObjectEncryption only.
    """
    return error.response["Error"]["Code"] != "AccessDenied" and type(error) is not ClientError
