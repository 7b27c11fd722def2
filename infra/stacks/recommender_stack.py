"""The composition root: which parts there are, and who may do what. All grants are here."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.alarms import Alarms
from infra.constructs.algorithm_image import AlgorithmImage
from infra.constructs.budget import MonthlyBudget
from infra.constructs.console import Console
from infra.constructs.dashboard import RunDashboard
from infra.constructs.data_bucket import DataBucket
from infra.constructs.encryption import Encryption
from infra.constructs.network import Network
from infra.constructs.notifications import Notifications
from infra.constructs.pipeline_functions import pipeline_functions
from infra.constructs.run_schedules import RunSchedules
from infra.constructs.sagemaker_execution_role import SageMakerExecutionRole
from infra.constructs.spark_preparation import SparkPreparation
from infra.constructs.start_on_upload import StartOnUpload
from infra.nag import keep_wildcards
from infra.permissions import allow_datasets, allow_objects
from infra.run_metrics import DeploymentMetrics
from infra.settings import DeploymentSettings
from recommender.run_layout import (
    ACCEPTED_MODEL_KEY,
    PREPARED_KEY_TEMPLATE,
    RAW_PREFIX,
    RUN_LOCK_KEY,
    RUNS_PREFIX,
)
from workflow.failure_notice import FailureNotice
from workflow.machine import TrainingWorkflow
from workflow.resources import GlueJob, JobSecurity, WorkflowResources
from workflow.sagemaker_tasks import SAGEMAKER_RESOURCES, resource_arn

STACK_NAME = "VideoRecommender"

RAW = f"{RAW_PREFIX}*"
RATINGS = f"{RUNS_PREFIX}*/ratings/*"
RECORDIO = f"{RUNS_PREFIX}*/recordio/*"
MODELS = f"{RUNS_PREFIX}*/model/*"
PREDICTIONS = f"{RUNS_PREFIX}*/predictions/*"
METRICS = f"{RUNS_PREFIX}*/metrics/*"


class VideoRecommenderStack(Stack):
    """The recommender's whole workflow.

    Parameters
    ----------
    scope : Construct
        The app.
    construct_id : str
        Id, and name, of the stack.
    settings : DeploymentSettings
        The deployment's choices.
    """

    def __init__(
        self, scope: Construct, construct_id: str = STACK_NAME, *, settings: DeploymentSettings
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=f"{settings.name_prefix}{construct_id}",
            description="Recommender workflow: ratings to Factorization Machines on SageMaker",
        )
        # cfn-lint's W3005: the CDK adds DependsOn to what a reference makes depend already.
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3005"]}}}
        for key, value in settings.tags.items():
            Tags.of(self).add(key, value)

        if settings.permissions_boundary:
            iam.PermissionsBoundary.of(self).apply(
                iam.ManagedPolicy.from_managed_policy_arn(
                    self, "PermissionsBoundary", settings.permissions_boundary
                )
            )
        network = Network(self, "Network", settings=settings)
        self._encryption = Encryption(self, "Encryption", settings=settings)
        self._bucket = DataBucket(
            self, "Data", encryption=self._encryption, settings=settings
        ).bucket
        self._functions = pipeline_functions(
            self,
            bucket_name=self._bucket.bucket_name,
            encryption=self._encryption,
            network=network,
            settings=settings,
        )
        self._spark = SparkPreparation(
            self,
            "PrepareWithSpark",
            bucket_name=self._bucket.bucket_name,
            encryption=self._encryption,
            settings=settings,
        )
        self._image = AlgorithmImage(self, "AlgorithmImage")
        self._execution = SageMakerExecutionRole(self, "SageMakerExecution")
        self._console = Console(self, "Console").pages
        self._notifications = Notifications(
            self,
            "Notifications",
            emails=settings.notification_emails,
            key=self._encryption.key,
        )
        self._function_logs = {
            name: part.function.log_group.log_group_name for name, part in self._functions.items()
        }
        self._workflow = TrainingWorkflow(
            self,
            "Workflow",
            resources=WorkflowResources(
                functions={name: part.function for name, part in self._functions.items()},
                spark_job=GlueJob(name=self._spark.job_name, timeout=self._spark.timeout),
                bucket=self._bucket,
                job_role=self._execution.role,
                training_image=self._image.uri,
                security=self._job_security(settings),
                input_defaults=settings.input_defaults,
                failure_notice=FailureNotice(
                    topic=self._notifications.topic,
                    console=self._console,
                    step_logs={
                        **self._function_logs,
                        self._spark.node.id: self._spark.log_group_name,
                    },
                ),
            ),
            log_retention=settings.cdk_log_retention,
            log_removal_policy=settings.cdk_removal_policy,
            encryption_key=self._encryption.key,
        )
        self._notifications.tell_of_other_ends(self._workflow.state_machine, self._console)
        self._observe(settings, self._start_by_itself(settings, network))
        self._grant(settings)
        network.grant_jobs(self._execution.role)
        self._publish()

    def _job_security(self, settings: DeploymentSettings) -> JobSecurity:
        key, network = self._encryption.key, settings.network
        return JobSecurity(
            kms_key_arn=key.key_arn if key else None,
            subnet_ids=network.subnet_ids if network else (),
            security_group_ids=network.security_group_ids if network else (),
            network_isolation=settings.network_isolation,
        )

    def _observe(self, settings: DeploymentSettings, schedules: RunSchedules | None) -> None:
        metrics = DeploymentMetrics(
            stack_name=self.stack_name,
            state_machine_arn=self._workflow.state_machine.state_machine_arn,
        )
        names = {name: part.function.function_name for name, part in self._functions.items()}
        alarms = Alarms(
            self,
            "Alarms",
            topic=self._notifications.topic,
            metrics=metrics,
            function_names=names,
            max_days_without_success=settings.max_days_without_success,
            max_rmse_ratio_to_accepted=settings.max_rmse_ratio_to_accepted,
        )
        if schedules:
            alarms.watch_dead_letters(schedules.dead_letters)
        self._dashboard = RunDashboard(
            self,
            "Dashboard",
            metrics=metrics,
            alarms=alarms.alarms,
            function_names=names,
            function_logs=self._function_logs,
            console=self._console,
        )
        if settings.monthly_budget_usd is not None:
            MonthlyBudget(
                self,
                "Budget",
                amount_usd=settings.monthly_budget_usd,
                emails=settings.notification_emails,
            )

    def _grant(self, settings: DeploymentSettings) -> None:
        """Who may do what; the state machine's permissions come with its states."""
        roles = {name: part.role for name, part in self._functions.items()}
        allow_objects(roles["ResolveRun"], self._bucket, reads=[RAW])
        allow_objects(
            roles["ClaimRun"],
            self._bucket,
            reads=[RUN_LOCK_KEY],
            writes=[RUN_LOCK_KEY],
            lists=False,
        )
        self._workflow.allow_looking_up_executions(roles["ClaimRun"])
        allow_objects(
            roles["Preprocess"], self._bucket, reads=[RAW], uploads=[RATINGS], deletes=[RATINGS]
        )
        allow_objects(
            self._spark.role,
            self._bucket,
            reads=[RAW],
            uploads=[RATINGS, RECORDIO],
            deletes=[RATINGS, RECORDIO],
        )
        for role in (roles["ResolveRun"], roles["Preprocess"], self._spark.role):
            allow_datasets(role, settings.dataset_uris)
        allow_objects(
            roles["ConvertRecordIO"],
            self._bucket,
            reads=[RATINGS],
            uploads=[RECORDIO],
            deletes=[RECORDIO],
        )
        allow_objects(
            roles["Evaluate"],
            self._bucket,
            reads=[RATINGS, PREDICTIONS, ACCEPTED_MODEL_KEY],
            writes=[METRICS],
        )
        allow_objects(
            self._execution.role,
            self._bucket,
            reads=[RECORDIO, MODELS],
            writes=[MODELS, PREDICTIONS],
        )
        self._execution.grant_pull(self._image.repository_arn)
        self._execution.grant_telemetry()
        keep_wildcards(
            self._workflow,
            ["*"],
            "log deliveries and X-Ray's traces have no ARN: Step Functions developer guide, "
            "'Using CloudWatch Logs to log execution history', 'IAM policies for X-Ray'",
        )
        keep_wildcards(
            self._workflow,
            [resource_arn(self, resource) for resource in SAGEMAKER_RESOURCES],
            "names are made from the run's id, redrive and retry while the run runs",
        )
        keep_wildcards(
            self._workflow,
            [self._bucket.arn_for_objects(PREPARED_KEY_TEMPLATE.format("*"))],
            "the key holds the run id, which is made while the run runs",
        )
        keep_wildcards(
            self._workflow,
            [self._workflow.executions_arn],
            "executions are named when they are started",
        )
        for name in ("ClaimRun", "Preprocess", "ConvertRecordIO", "Evaluate"):
            self._encryption.grant(roles[name])
        self._encryption.grant(self._spark.role)
        self._encryption.grant(roles["ResolveRun"], writes=False)  # has variables only
        self._encryption.grant(self._execution.role, runs_jobs=True)
        self._encryption.grant(self._workflow.state_machine.role)  # topic, and model in use

    def _start_by_itself(
        self, settings: DeploymentSettings, network: Network
    ) -> RunSchedules | None:
        """Start runs by the clock and by uploads, if the settings say so."""
        if not settings.schedules and not settings.start_on_upload:
            return None
        schedules = RunSchedules(
            self,
            "Schedules",
            state_machine=self._workflow.state_machine,
            schedules=settings.schedules,
            encryption=self._encryption,
        )
        if settings.start_on_upload:
            StartOnUpload(
                self,
                "StartOnUpload",
                upload=settings.start_on_upload,
                bucket=self._bucket,
                schedules=schedules,
                encryption=self._encryption,
                network=network,
                settings=settings,
            )
        return schedules

    def _publish(self) -> None:
        state_machine_arn = self._workflow.state_machine.state_machine_arn
        CfnOutput(
            self,
            "DataBucketName",
            description="Ratings go below raw/ratings; runs write below runs/",
            value=self._bucket.bucket_name,
        )
        CfnOutput(
            self,
            "StateMachineArn",
            description="What to start, for example with: aws stepfunctions start-execution",
            value=state_machine_arn,
        )
        CfnOutput(
            self,
            "StateMachineConsoleUrl",
            description="The state machine in the AWS console",
            value=self._console.state_machine(state_machine_arn),
        )
        CfnOutput(
            self,
            "DashboardUrl",
            description="Runs, quality and cost at a glance",
            value=self._dashboard.url,
        )
        CfnOutput(
            self,
            "NotificationTopicArn",
            description="Where failures and alarms are told; subscribe to it",
            value=self._notifications.topic.topic_arn,
        )
