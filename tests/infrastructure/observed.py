"""A small stack with a topic, alarms, a dashboard and failures that are told of.

Its only function fails as the execution input says; all around it is the real thing.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import App, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.constructs.alarms import Alarms
from infra.constructs.console import Console
from infra.constructs.dashboard import RunDashboard
from infra.constructs.notifications import Notifications
from infra.run_metrics import DeploymentMetrics
from workflow import failed_end
from workflow.failure import RunFailure
from workflow.failure_notice import FailureNotice

STACK_NAME = "Observed"
EMAILS = ["on-call@example.com", "team@example.com"]


CODE = """
import time

class EmptyRatingsError(Exception):
    pass

def handle(event, context):
    time.sleep(event.get("sleep", 0))
    if "reason" in event:
        raise EmptyRatingsError(event["reason"])
    return event
"""


class ObservedStack(Stack):
    """The stack."""

    def __init__(
        self, scope: Construct, *, key: bool = False, days_without_success: int | None = 2
    ) -> None:
        super().__init__(scope, STACK_NAME)
        encryption = kms.Key(self, "Key") if key else None
        log = logs.LogGroup(self, "PreprocessLog")
        function = lambda_.Function(
            self,
            "PreprocessFunction",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handle",
            code=lambda_.Code.from_inline(CODE),
            log_group=log,
            timeout=Duration.seconds(5),
        )
        console = Console(self, "Console").pages
        notifications = Notifications(self, "Notifications", emails=EMAILS, key=encryption)
        failure = RunFailure(
            self,
            "Failure",
            notice=FailureNotice(
                topic=notifications.topic,
                console=console,
                step_logs={"Preprocess": log.log_group_name},
            ),
        )
        task = tasks.LambdaInvoke(
            self,
            "Preprocess",
            lambda_function=function,
            retry_on_service_exceptions=False,
        )
        failure.catch_all(task)
        resolve = sfn.Pass(self, "ResolveRun", assign={"failure": {"step": "none"}})
        claim = sfn.Pass(self, "ClaimRun")
        resolve.next(claim).next(failure.resume_step)
        failure.begin_with(resolve, claim, task)
        route = (
            sfn.Choice(self, "Route")
            .when(
                sfn.Condition.is_present("$.break"),
                # No state can catch that; Step Functions ends the execution.
                sfn.Pass(self, "Break", parameters={"x": sfn.JsonPath.string_at("$.nothing")}),
            )
            .otherwise(resolve)
        )
        machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_chainable(route),
            timeout=Duration.seconds(3),
        )
        iam.Policy(
            self,
            "OwnExecutions",
            roles=[machine.role],
            statements=[failed_end.permission(machine.state_machine_arn)],
        )
        notifications.tell_of_other_ends(machine, console)
        metrics = DeploymentMetrics(
            stack_name=STACK_NAME, state_machine_arn=machine.state_machine_arn
        )
        names = {"Preprocess": function.function_name}
        alarms = Alarms(
            self,
            "Alarms",
            topic=notifications.topic,
            metrics=metrics,
            function_names=names,
            max_days_without_success=days_without_success,
        )
        RunDashboard(
            self,
            "Dashboard",
            metrics=metrics,
            alarms=alarms.alarms,
            function_names=names,
            function_logs={"Preprocess": log.log_group_name},
            console=console,
        )


def synthesize(**choices: Any) -> dict[str, Any]:
    """Give the small stack's template."""
    app = App(analytics_reporting=False)
    ObservedStack(app, **choices)
    template: dict[str, Any] = app.synth().get_stack_by_name(STACK_NAME).template
    return template
