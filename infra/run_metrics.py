"""The metrics of a deployment: what the functions write, and what AWS's services count."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from lambdas.runtime.metrics import NAMESPACE

STATES_NAMESPACE = "AWS/States"
LAMBDA_NAMESPACE = "AWS/Lambda"


@dataclass(frozen=True, kw_only=True)
class DeploymentMetrics:
    """Metrics of one stack.

    Parameters
    ----------
    stack_name : str
        As the functions know it: their variable ``STACK_NAME``.
    state_machine_arn : str
        The pipeline's.
    """

    stack_name: str
    state_machine_arn: str

    def executions(
        self, name: str, *, statistic: str = "Sum", period: Duration, label: str | None = None
    ) -> cloudwatch.Metric:
        """Give a metric of Step Functions, such as ``ExecutionsFailed``."""
        return cloudwatch.Metric(
            namespace=STATES_NAMESPACE,
            metric_name=name,
            dimensions_map={"StateMachineArn": self.state_machine_arn},
            statistic=statistic,
            period=period,
            label=label,
        )

    def function(
        self,
        name: str,
        function_name: str,
        *,
        statistic: str = "Sum",
        period: Duration,
        label: str | None = None,
    ) -> cloudwatch.Metric:
        """Give a metric of Lambda, such as ``Errors``."""
        return cloudwatch.Metric(
            namespace=LAMBDA_NAMESPACE,
            metric_name=name,
            dimensions_map={"FunctionName": function_name},
            statistic=statistic,
            period=period,
            label=label,
        )

    def run(
        self,
        name: str,
        *,
        statistic: str,
        period: Duration,
        label: str | None = None,
        **dimensions: str,
    ) -> cloudwatch.Metric:
        """Give a metric that the functions write, such as ``Rmse``."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"Stack": self.stack_name, **dimensions},
            statistic=statistic,
            period=period,
            label=label,
        )
