"""Functions run in local worker processes; moto would start Docker containers.

AWS marks an error that the handler raised as ``Unhandled`` in FunctionError; moto says ``Handled``.
"""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction

from embedded_aws.lambda_runtime import pool


def apply() -> None:
    """Send each invocation to the worker pool."""
    LambdaFunction._invoke_lambda = pool.invoke
    invoke = LambdaFunction.invoke

    def invoke_with_unhandled_errors(
        self: LambdaFunction, body: Any, request_headers: Any, response_headers: Any
    ) -> Any:
        result = invoke(self, body, request_headers, response_headers)
        if "x-amz-function-error" in response_headers:
            response_headers["x-amz-function-error"] = "Unhandled"
        return result

    LambdaFunction.invoke = invoke_with_unhandled_errors
