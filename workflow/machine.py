"""The state machine: from ratings to a model in use, or to the reason why not."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.assessment import assess
from workflow.failure import RunFailure
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
        self._permit_jobs()

    def _definition(self, resources: WorkflowResources) -> sfn.Chain:
        failure = RunFailure(self, "Failure", notice=resources.failure_notice)
        training = train(self, resources, failure)
        tuning = tune(self, resources, failure)
        return (
            sfn.Chain.start(resolve_run(self, resources, failure))
            .next(prepare(self, resources, failure))
            .next(self._train_or_tune(training, tuning))
            .next(create_model(self, resources, failure))
            .next(transform_test_set(self, resources, failure))
            .next(assess(self, resources, failure))
        )

    def _train_or_tune(self, training: sfn.Chain, tuning: sfn.Chain) -> sfn.Chain:
        choice = (
            sfn.Choice(self, "TrainOrTune", comment="One training, or a search for the best")
            .when(sfn.Condition.string_equals("$run.mode", "tune"), tuning, comment="tune")
            .otherwise(training)
        )
        # Choice.afterwards() would miss the branches that end in a Choice themselves.
        return sfn.Chain.custom(choice, [*training.end_states, *tuning.end_states], choice)

    def _permit_jobs(self) -> None:
        for state in self.node.find_all():
            if isinstance(state, SageMakerTask):
                for statement in state.statements:
                    self.state_machine.add_to_role_policy(statement)
