"""A state that invokes one of the pipeline's functions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from workflow import retries
from workflow.failure import RunFailure
from workflow.resources import WorkflowResources

# The state outlives its function, so that a slow function is reported by Lambda, with its name.
GRACE = Duration.seconds(60)


class FunctionInvocation(tasks.LambdaInvoke):
    """Invokes a function as it is deployed; the CDK would allow its versions and aliases too."""

    def __init__(
        self, scope: Construct, state_name: str, *, lambda_function: lambda_.IFunction, **more: Any
    ) -> None:
        self._function_arn = lambda_function.function_arn
        super().__init__(scope, state_name, lambda_function=lambda_function, **more)

    @property
    def _task_policies(self) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self._function_arn])
        ]

    @_task_policies.setter
    def _task_policies(self, value: object) -> None:
        """Leave out what the CDK would allow."""


def lambda_task(
    scope: Construct,
    state_name: str,
    resources: WorkflowResources,
    failure: RunFailure,
    *,
    comment: str,
    payload: dict[str, Any],
    assign: str,
    assign_besides: Mapping[str, Any] = MappingProxyType({}),
) -> tasks.LambdaInvoke:
    """Invoke the function that has the state's name and keep its answer in a variable.

    Parameters
    ----------
    scope : Construct
        Parent of the state.
    state_name : str
        Name of the state and of the function.
    resources : WorkflowResources
        Has the function.
    failure : RunFailure
        Catches what retries could not mend.
    comment : str
        What the state does, for the console's graph.
    payload : dict
        The function's event.
    assign : str
        Name of the variable that the function's answer is assigned to.
    assign_besides : mapping, optional
        Other variables, with values as in ASL's ``Assign``.

    Returns
    -------
    LambdaInvoke
        The state; its output is the function's answer.
    """
    function = resources.functions[state_name]
    if function.timeout is None:
        raise ValueError(f"function {state_name}: expected a timeout of its own, found none")
    state = FunctionInvocation(
        scope,
        state_name,
        comment=comment,
        lambda_function=function,
        payload=sfn.TaskInput.from_object(payload),
        assign={assign: sfn.JsonPath.object_at("$.Payload"), **assign_besides},
        output_path="$.Payload",
        task_timeout=sfn.Timeout.duration(function.timeout.plus(GRACE)),
        retry_on_service_exceptions=False,  # ours has jitter and a limit
    )
    retries.LAMBDA_SERVICE.apply_to(state)
    failure.catch_all(state)
    return state
