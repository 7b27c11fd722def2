"""What the state machine's role needs: for its tasks, its log, its traces.

Sources: Step Functions developer guide, "IAM policies for integrated services" (SageMaker, Lambda,
AWS SDK integrations), "Using CloudWatch Logs to log execution history", "X-Ray in Step Functions";
Service Authorization Reference for what a task's API asks besides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from lambdas.resolve_run.resolution import make_run_id
from tests.infrastructure.least_privilege.encryption import reading, writing
from tests.infrastructure.least_privilege.grants import Grant, Template, flat, grants

State = dict[str, Any]

LOG_DELIVERY = {
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
TRACING = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
}
MANAGED_RULE = {"events:PutTargets", "events:PutRule", "events:DescribeRule"}

# Type in the ARN, and what Step Functions calls the rule that tells it of a job's end.
SAGEMAKER = {
    "TrainingJob": ("training-job", "TrainingJobs"),
    "HyperParameterTuningJob": ("hyper-parameter-tuning-job", "TuningJobs"),
    "TransformJob": ("transform-job", "TransformJobs"),
    "Model": ("model", None),
}
# Service Authorization Reference: Create* with iam:PassRole as dependent action.
ROLE_PARAMETERS = {"RoleArn", "ExecutionRoleArn"}

# Step Functions developer guide, "Start an AWS Glue job with Step Functions".
GLUE_JOB_RUN = {
    "glue:StartJobRun",
    "glue:GetJobRun",
    "glue:GetJobRuns",
    "glue:BatchStopJobRun",
}

_HERE = "<AWS::Region>:<AWS::AccountId>"
_INTEGRATION = re.compile(r"arn:<AWS::Partition>:states:::(?P<name>\S+)")


def machine_needs(template: Template, machine_id: str, bucket: str) -> set[Grant]:
    """Derive the grants that the role of a state machine needs.

    Parameters
    ----------
    template : dict
    machine_id : str
        Logical id of the state machine.
    bucket : str
        Logical id of the data bucket.
    """
    machine = template["Resources"][machine_id]["Properties"]
    definition = json.loads(flat(machine["DefinitionString"]))
    needs = set().union(
        *(
            # Tokens of tasks belong to their state machine.
            grants({"states:SendTaskFailure"}, [f"<{machine_id}>"])
            if task["Resource"].endswith(":aws-sdk:sfn:sendTaskFailure.waitForTaskToken")
            else _task_needs(template, task, bucket)
            for task in tasks(definition)
        )
    )
    if machine["LoggingConfiguration"]["Level"] != "OFF":
        needs |= grants(LOG_DELIVERY, ["*"])
    if machine["TracingConfiguration"]["Enabled"]:
        needs |= grants(TRACING, ["*"])
    return needs


def tasks(definition: dict[str, Any]) -> Iterator[State]:
    """Tasks of a state machine, those within other states too."""
    for state in definition["States"].values():
        if state["Type"] == "Task":
            yield state
        for inner in (*state.get("Branches", []), state.get("ItemProcessor")):
            if inner:
                yield from tasks(inner)


def _task_needs(template: Template, task: State, bucket: str) -> set[Grant]:
    integration = _INTEGRATION.fullmatch(task["Resource"])
    assert integration, f"{task['Resource']}: not an integration in the stack's own partition"
    name = integration["name"]
    parameters = task["Parameters"]
    match name.split(":"):
        case ["lambda", "invoke"]:
            return grants({"lambda:InvokeFunction"}, [parameters["FunctionName"]])
        case ["sagemaker", create] if create.startswith("create"):
            kind, _, pattern = create.removeprefix("create").partition(".")
            return _creation_needs(kind, parameters, waits=pattern == "sync")
        case ["aws-sdk", "sagemaker", "describeTrainingJob"]:
            return grants({"sagemaker:DescribeTrainingJob"}, [_sagemaker_arn("TrainingJob")])
        case ["aws-sdk", "s3", "putObject"]:
            assert parameters["Bucket"] == f"<{bucket}>"
            key = f"<{bucket}.Arn>/{parameters['Key']}"
            return grants({"s3:PutObject"}, [key]) | writing(template, bucket, in_parts=False)
        case ["aws-sdk", "s3", "getObject"]:
            assert parameters["Bucket"] == f"<{bucket}>"
            key = re.fullmatch(r"States\.Format\('(.*)', \$run\.run_id\)", parameters["Key.$"])
            assert key, "keys are made from run ids"
            arn = f"<{bucket}.Arn>/{key[1].format('*')}"
            return grants({"s3:GetObject"}, [arn]) | reading(template, bucket)
        case ["glue", "startJobRun.sync"]:
            name = f"arn:<AWS::Partition>:glue:{_HERE}:job/{parameters['JobName']}"
            return grants(GLUE_JOB_RUN, [name])
        case ["sns", "publish"]:
            return _publishing_needs(template, parameters["TopicArn"])
    raise AssertionError(f"{name}: say here what a role needs for this integration")


def _publishing_needs(template: Template, topic: str) -> set[Grant]:
    """Amazon SNS developer guide, "Key management" for who publishes to an encrypted topic."""
    needs = grants({"sns:Publish"}, [topic])
    properties = template["Resources"][topic.strip("<>")]["Properties"]
    if "KmsMasterKeyId" in properties:
        actions = {"kms:GenerateDataKey", "kms:Decrypt"}
        needs |= grants(actions, [flat(properties["KmsMasterKeyId"])])
    return needs


def _creation_needs(kind: str, parameters: State, *, waits: bool) -> set[Grant]:
    assert run_id_in(parameters[f"{kind}Name.$"]), "names are made from run ids"
    rule = SAGEMAKER[kind][1]
    actions = {f"sagemaker:Create{kind}"}
    if "Tags" in parameters or waits:  # Step Functions tags the jobs that it waits for
        actions |= {"sagemaker:AddTags"}
    if waits:
        actions |= {f"sagemaker:Describe{kind}", f"sagemaker:Stop{kind}", "sagemaker:ListTags"}
    needs = grants(actions, [_sagemaker_arn(kind)])
    for role in set(roles_in(parameters)):
        condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        needs |= grants({"iam:PassRole"}, [role], condition)
    if waits:
        name = f"rule/StepFunctionsGetEventsForSageMaker{rule}Rule"
        needs |= grants(MANAGED_RULE, [f"arn:<AWS::Partition>:events:{_HERE}:{name}"])
    return needs


def roles_in(parameters: Any) -> Iterator[str]:
    """Roles that a request names, at any depth."""
    if isinstance(parameters, dict):
        for name, value in parameters.items():
            if name in ROLE_PARAMETERS:
                yield str(value)
            else:
                yield from roles_in(value)
    elif isinstance(parameters, list):
        for item in parameters:
            yield from roles_in(item)


def _sagemaker_arn(kind: str) -> str:
    """What the pipeline's runs can create of a kind."""
    return f"arn:<AWS::Partition>:sagemaker:{_HERE}:{SAGEMAKER[kind][0]}/{run_ids()}-*"


def run_id_in(expression: str) -> bool:
    """Whether a name begins with the run's id and a hyphen."""
    return bool(re.fullmatch(r"States\.Format\('\{\}(-\{\})+', \$run\.run_id, .*\)", expression))


@cache
def run_ids() -> str:
    """IAM pattern of run ids: where those of many runs differ, any one character."""
    samples = [
        make_run_id(f"arn:aws:states:us-east-1:1:execution:m:{number}", started_at)
        for number in range(40)
        for started_at in (datetime(1999, 12, 31, 23, 59, 58), datetime(2026, 1, 12, 1, 30, 41))
    ]
    places = map(set, zip(*samples, strict=True))
    return "".join(place.pop() if len(place) == 1 else "?" for place in places)
