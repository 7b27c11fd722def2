"""A state that starts a SageMaker job and waits for it, with exactly the permissions it needs.

The CDK has no construct for tuning, and its constructs for the other jobs lack options (spot)
and grant more than a job needs (``training-job/*``, AmazonSageMakerFullAccess).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow import retries
from workflow.failure import RunFailure
from workflow.resources import WorkflowResources

DAY_SECONDS = 24 * 3600

# A new name for every attempt: SageMaker never gives a job's name free, and a redrive or a restart
# runs the failed state again. Made in the job's own state: a redrive repeats no earlier one.
# A run id has 22 characters. SageMaker allows 32 for a tuning job: 4 digits of redrives (Step
# Functions ends an execution long before it has had so many), one of restarts, two of retries.
JOB_NAME = (
    "States.Format('{}-{}-{}-{}', $run.run_id, $$.Execution.RedriveCount, $restarts, "
    "$$.State.RetryCount)"
)

# Run ids look like 20261122t063156-1a2b3c. In ARNs `?` stands for one character: permissions
# end at the names that runs of this pipeline can make.
JOB_NAME_ARN_PATTERN = f"{'?' * 8}t{'?' * 6}-{'?' * 6}-*"


@dataclass(frozen=True, kw_only=True)
class SageMakerResource:
    """One kind of thing that SageMaker creates.

    Parameters
    ----------
    api_name : str
        As in the API's ``Create<api_name>``.
    arn_type : str
        As in its ARN, ``arn:...:<arn_type>/<name>``.
    completion_rule : str or None
        EventBridge rule through which Step Functions learns that a job has ended; None for
        resources that are not waited for.
    takes_role : bool
        Whether the request names a role; a transform job works with its model's.
    """

    api_name: str
    arn_type: str
    completion_rule: str | None = None
    takes_role: bool = True


TRAINING_JOB = SageMakerResource(
    api_name="TrainingJob",
    arn_type="training-job",
    completion_rule="StepFunctionsGetEventsForSageMakerTrainingJobsRule",
)
TUNING_JOB = SageMakerResource(
    api_name="HyperParameterTuningJob",
    arn_type="hyper-parameter-tuning-job",
    completion_rule="StepFunctionsGetEventsForSageMakerTuningJobsRule",
)
TRANSFORM_JOB = SageMakerResource(
    api_name="TransformJob",
    arn_type="transform-job",
    completion_rule="StepFunctionsGetEventsForSageMakerTransformJobsRule",
    takes_role=False,
)
MODEL = SageMakerResource(api_name="Model", arn_type="model")
SAGEMAKER_RESOURCES = (TRAINING_JOB, TUNING_JOB, TRANSFORM_JOB, MODEL)


def resource_arn(scope: Construct, resource: SageMakerResource) -> str:
    """ARN pattern of everything of a kind that the pipeline's runs can create."""
    return Stack.of(scope).format_arn(
        service="sagemaker", resource=resource.arn_type, resource_name=JOB_NAME_ARN_PATTERN
    )


class SageMakerTask(sfn.CustomState):
    """A state that creates a SageMaker resource; a job is waited for.

    Parameters
    ----------
    scope : Construct
        Parent of the state.
    state_name : str
        Name of the state.
    creates : SageMakerResource
        What is created.
    resources : WorkflowResources
        Has the role that is passed to SageMaker.
    failure : RunFailure
        Catches what retries could not mend.
    comment : str
        What the state does, for the console's graph.
    parameters : dict
        The Create request, as ASL's ``Parameters``; tags are added.
    timeout_seconds : int
        A backstop beyond what the execution input can ask for: jobs have their own limits
        (``StoppingCondition``), which SageMaker keeps, at most 28 days a training and 30 a tuning.
    assign : dict, optional
        Variables made from the result, as ASL's ``Assign``. The result of a job is its Describe
        response.

    Attributes
    ----------
    creates : SageMakerResource
        What is created.
    statements : list of PolicyStatement
        What the state machine's role must be allowed to do for this state.
    """

    def __init__(
        self,
        scope: Construct,
        state_name: str,
        *,
        creates: SageMakerResource,
        resources: WorkflowResources,
        failure: RunFailure,
        comment: str,
        parameters: dict[str, Any],
        timeout_seconds: int,
        assign: dict[str, Any] | None = None,
    ) -> None:
        pattern = ".sync" if creates.completion_rule else ""
        super().__init__(
            scope,
            state_name,
            state_json={
                "Type": "Task",
                "Comment": comment,
                "Resource": (
                    f"arn:{Aws.PARTITION}:states:::sagemaker:create{creates.api_name}{pattern}"
                ),
                "Parameters": {
                    **parameters,
                    "Tags": [{"Key": "run_id", "Value.$": "$run.run_id"}],
                },
                "TimeoutSeconds": timeout_seconds,
                **({"Assign": assign} if assign else {}),
            },
        )
        self.creates = creates
        retries.SAGEMAKER_QUOTA.apply_to(self)
        retries.SAGEMAKER_SERVICE.apply_to(self)
        failure.catch_all(self)
        self.statements = _statements(scope, creates, resources.job_role)


def _statements(
    scope: Construct, creates: SageMakerResource, job_role: iam.IRole
) -> list[iam.PolicyStatement]:
    name = creates.api_name
    actions = [f"sagemaker:Create{name}", "sagemaker:AddTags"]
    if creates.completion_rule:
        # Without Stop*, an aborted execution leaves its job running, and billed.
        actions += [f"sagemaker:Describe{name}", f"sagemaker:Stop{name}", "sagemaker:ListTags"]
    statements = [iam.PolicyStatement(actions=actions, resources=[resource_arn(scope, creates)])]
    if creates.takes_role:
        statements.append(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[job_role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            )
        )
    if creates.completion_rule:
        rule_arn = Stack.of(scope).format_arn(
            service="events", resource="rule", resource_name=creates.completion_rule
        )
        statements.append(
            iam.PolicyStatement(
                actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                resources=[rule_arn],
            )
        )
    return statements
