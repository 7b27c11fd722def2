"""The state machine: from ratings to a model in use, or to the reason why not."""

from __future__ import annotations

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow import failed_end
from workflow.assessment import assess
from workflow.claim import claim_run
from workflow.failure import RunFailure
from workflow.glue_tasks import GlueJobTask
from workflow.inference import transform_test_set
from workflow.model import create_model
from workflow.preparation import prepare
from workflow.resolve import resolve_run
from workflow.resources import WorkflowResources
from workflow.sagemaker_tasks import SageMakerTask
from workflow.training import train
from workflow.tuning import tune


class TrainingWorkflow(Construct):
    """The pipeline's state machine with its log group and permissions.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Id below `scope`.
    resources : WorkflowResources
        What the states refer to.
    log_retention : RetentionDays
        How long the execution log is kept.
    log_removal_policy : RemovalPolicy
        What becomes of the log group when the stack is deleted.
    encryption_key : IKey or None
        Key of the execution log; None: CloudWatch's own.

    Attributes
    ----------
    state_machine : StateMachine
        Standard: Express neither waits for jobs nor runs longer than five minutes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        resources: WorkflowResources,
        log_retention: logs.RetentionDays,
        log_removal_policy: RemovalPolicy,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            comment="Ratings to recommendations: prepare, train or tune, predict, evaluate",
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(resources)),
            state_machine_type=sfn.StateMachineType.STANDARD,
            timeout=Duration.days(60),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self,
                    "Log",
                    encryption_key=encryption_key,
                    retention=log_retention,
                    removal_policy=log_removal_policy,
                ),
                level=sfn.LogLevel.ALL,
                include_execution_data=True,
            ),
        )
        self._permit()

    def _definition(self, resources: WorkflowResources) -> sfn.IChainable:
        """Wire the stages, the last one first: each knows what comes after it."""
        failure = RunFailure(self, "Failure", notice=resources.failure_notice)
        assessment = assess(self, resources, failure)
        inference = transform_test_set(self, resources, failure, then=assessment)
        model = create_model(self, resources, failure, then=inference)
        training = self._train_or_tune(
            train(self, resources, failure, then=model),
            tune(self, resources, failure, then=model),
        )
        preparation = prepare(self, resources, failure, then=training)
        claim = claim_run(self, resources, failure, then=failure.resume_step)
        resolve = resolve_run(self, resources, failure, then=claim)
        failure.begin_with(resolve, claim, preparation)
        return resolve

    def _train_or_tune(self, training: sfn.IChainable, tuning: sfn.IChainable) -> sfn.Choice:
        return (
            sfn.Choice(self, "TrainOrTune", comment="One training, or a search for the best")
            .when(sfn.Condition.string_equals("$run.mode", "tune"), tuning, comment="tune")
            .otherwise(training)
        )

    @property
    def executions_arn(self) -> str:
        """ARN pattern of all executions."""
        return Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.state_machine.state_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def allow_looking_up_executions(self, role: iam.IRole) -> None:
        """Let `role` see what became of an execution.

        By a policy of its own: the state machine names a function, which waits for its role's.
        """
        statement = iam.PolicyStatement(
            actions=["states:DescribeExecution"], resources=[self.executions_arn]
        )
        iam.Policy(self, "LookingUpExecutions", roles=[role], statements=[statement])

    def _permit(self) -> None:
        for state in self.node.find_all():
            if isinstance(state, SageMakerTask | GlueJobTask):
                for statement in state.statements:
                    self.state_machine.add_to_role_policy(statement)
        # A policy of its own: the state machine waits for its role's, which cannot name it.
        iam.Policy(
            self,
            "OwnExecutions",
            roles=[self.state_machine.role],
            statements=[failed_end.permission(self.state_machine.state_machine_arn)],
        )
