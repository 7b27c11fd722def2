"""What a function's role needs: for its code, its log, its traces, its network, its key."""

from __future__ import annotations

from typing import Any

from recommender import run_layout
from recommender.run_layout import SPLITS, RunLayout
from tests.infrastructure.least_privilege.code_paths import Request, requests_of
from tests.infrastructure.least_privilege.encryption import reading, writing
from tests.infrastructure.least_privilege.grants import Grant, Template, flat, grants

# Amazon S3 API Reference, "Required permissions" of each operation. boto3's transfers ask for the
# object's size first (HeadObject), send large files in parts, and abort when a part fails.
S3_ACTIONS = {
    "get_object": {"s3:GetObject"},
    "head_object": {"s3:GetObject"},
    "download_file": {"s3:GetObject"},
    "put_object": {"s3:PutObject"},
    "upload_file": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "list_objects_v2": {"s3:ListBucket"},
    "delete_object": {"s3:DeleteObject"},
}
IN_PARTS = {"upload_file"}
SCHEDULER_ACTIONS = {
    "get_schedule": {"scheduler:GetSchedule"},
    "update_schedule": {"scheduler:UpdateSchedule"},
}

# AWS X-Ray developer guide, "AWSXRayDaemonWriteAccess", less the sampling rules: Lambda decides
# which requests are traced, not the function.
TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# Lambda developer guide, "Working with Lambda execution environment credentials": the log group is
# the stack's, so that CreateLogGroup is not needed.
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
# Lambda developer guide, "Attaching Lambda functions to a VPC: execution role permissions".
NETWORK = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
_RUN_ID = "RUNID"


def function_needs(
    template: Template, function: dict[str, Any], bucket: str, datasets: list[str]
) -> set[Grant]:
    """Derive the grants that the role of a function needs.

    Parameters
    ----------
    template : dict
    function : dict
        The function's properties.
    bucket : str
        Logical id of the data bucket.
    datasets : list of str
        ``s3://bucket/prefix`` that the settings allow to read.
    """
    needs = grants(LOGGING, [flat({"Fn::GetAtt": [_ref(function["LoggingConfig"]), "Arn"]})])
    if function["TracingConfig"]["Mode"] == "Active":
        needs |= grants(TRACING, ["*"])
    if "VpcConfig" in function:
        needs |= grants(NETWORK, ["*"])
    if "KmsKeyArn" in function:  # of its variables
        needs |= grants({"kms:Decrypt"}, [flat(function["KmsKeyArn"])])
    for request in requests_of(function["Handler"]):
        if request.method == "describe_execution":
            needs |= grants({"states:DescribeExecution"}, [_executions(template)])
        elif request.method in SCHEDULER_ACTIONS:
            needs |= _schedule_needs(template, request, function["Environment"]["Variables"])
        else:
            needs |= _request_needs(template, request, bucket, datasets)
    return needs


def _executions(template: Template) -> str:
    """Executions of the only state machine."""
    (machine,) = (
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    )
    arn = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution"
    return f"{arn}:<{machine}.Name>:*"


def _ref(logging_config: dict[str, Any]) -> str:
    return str(logging_config["LogGroup"]["Ref"])


def _request_needs(
    template: Template, request: Request, bucket: str, datasets: list[str]
) -> set[Grant]:
    assert request.method in S3_ACTIONS, f"{request}: say in S3_ACTIONS which actions this needs"
    actions = S3_ACTIONS[request.method]
    if actions == {"s3:ListBucket"}:
        return grants(actions, [f"<{bucket}.Arn>"])
    keys = set().union(*map(_keys, request.origins))
    assert keys, f"{request}: cannot tell from the code which keys these are"
    needs = grants(actions, [f"<{bucket}.Arn>/{key}" for key in keys])
    if "s3:GetObject" in actions:
        needs |= reading(template, bucket)
    if "s3:PutObject" in actions:
        needs |= writing(template, bucket, in_parts=request.method in IN_PARTS)
    if "Dataset.uri" in request.origins:
        needs |= _dataset_needs(datasets)
    return needs


def _schedule_needs(template: Template, request: Request, variables: dict[str, Any]) -> set[Grant]:
    """For the schedule that the function's variables name; an update passes its role on."""
    name, group = variables["SCHEDULE_NAME"], variables["SCHEDULE_GROUP"]
    arn = "arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule"
    needs = grants(SCHEDULER_ACTIONS[request.method], [f"{arn}/{flat(group)}/{name}"])
    (schedule,) = (
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Scheduler::Schedule" and resource["Properties"]["Name"] == name
    )
    if request.method == "update_schedule":
        condition = {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
        needs |= grants({"iam:PassRole"}, [flat(schedule["Target"]["RoleArn"])], condition)
    if "KmsKeyArn" in schedule:  # EventBridge Scheduler user guide, "Encryption at rest"
        actions = {"kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"}
        needs |= grants(actions, [flat(schedule["KmsKeyArn"])])
    return needs


def _dataset_needs(datasets: list[str]) -> set[Grant]:
    locations = [uri.removeprefix("s3://") for uri in datasets]
    buckets = {location.partition("/")[0] for location in locations}
    arn = "arn:<AWS::Partition>:s3:::"
    return grants({"s3:ListBucket"}, [f"{arn}{name}" for name in buckets]) | grants(
        {"s3:GetObject"}, [f"{arn}{location}*" for location in locations]
    )


def _keys(origin: str) -> set[str]:
    """Patterns of the keys that something is the origin of; none if it makes no keys.

    A pattern is as wide as the folder of a run that a step has to itself.
    """
    owner, _, name = origin.partition(".")
    if origin == "Dataset.uri":  # by default in the data bucket, and elsewhere if allowed
        return {f"{run_layout.RAW_PREFIX}*"}
    if owner == "run_layout":
        return {str(getattr(run_layout, name))}
    if owner != "RunLayout":
        return set()
    value = getattr(RunLayout(_RUN_ID), name)
    keys = [value] if isinstance(value, str) else [_made(value, split) for split in SPLITS]
    return {area(key.replace(_RUN_ID, "*")) for key in keys}


def area(key: str) -> str:
    """Everything in the folder of a run that a key is in: ``runs/*/ratings/*``."""
    runs, run, folder, *_ = key.split("/")
    return f"{runs}/{run}/{folder}/*"


def _made(method: Any, split: str) -> str:
    """Call a method that makes a key of a split, of a part, or of both."""
    values = {"split": split, "part": 0}
    names = list(method.__annotations__)
    return str(method(**{name: values[name] for name in names if name != "return"}))
