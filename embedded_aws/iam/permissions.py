"""Which permissions each operation needs: one table, `NEEDS`.

Sources: Service Authorization Reference (actions, resources, dependent actions and condition keys
of each service); S3 API reference and user guide, "Required permissions for Amazon S3 API
operations", "Protecting data with server-side encryption with AWS KMS keys", "Prevent object
overwrites with conditional writes"; SNS and SQS developer guides, "Key management". An operation
that is not in the table is refused by name: nothing passes unchecked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from embedded_aws.iam import policies
from embedded_aws.iam.api_requests import ApiRequest
from embedded_aws.iam.errors import UnsupportedRequestError


@dataclass(frozen=True)
class Permission:
    """What a role must be allowed.

    Attributes
    ----------
    action : str
        Such as ``s3:GetObject``.
    resource : str
        ARN, or ``*`` for an action that knows no resource.
    context : mapping
        Condition keys of this action, in lower case.
    """

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request, and the account whose role makes it."""

    request: ApiRequest
    account_id: str
    partition: str

    def __getitem__(self, name: str) -> Any:
        return self.request.parameters.get(name)

    def arn(self, service: str, resource: str) -> str:
        """ARN of something in this account and region."""
        return f"arn:{self.partition}:{service}:{self.request.region}:{self.account_id}:{resource}"

    def names(self, *names: str) -> bool:
        """Whether any of some parameters is there."""
        return any(self[name] is not None for name in names)


Need = Callable[[Asked], Iterable[Permission]]


def permissions_of(request: ApiRequest, account_id: str, partition: str) -> Iterator[Permission]:
    """List what a request of a role needs, in the order in which it is checked.

    Raises
    ------
    UnsupportedRequestError
        If that is not known here.
    """
    needs = NEEDS.get((request.service, request.operation))
    if needs is None:
        raise UnsupportedRequestError(
            f"it is not known here which permissions {request.service}:{request.operation} needs; "
            "a role can ask for it only after it is in embedded_aws/iam/permissions.py"
        )
    asked = Asked(request, account_id, partition)
    return (permission for need in needs for permission in need(asked))


# --- where ----------------------------------------------------------------------------------


def on(action: str, resource: Callable[[Asked], str]) -> Need:
    """Need an action on one resource."""
    return lambda asked: [Permission(action, resource(asked))]


def named(service: str, kind: str, parameter: str, separator: str = "/") -> Callable[[Asked], str]:
    """ARN of what a parameter names."""
    return lambda asked: asked.arn(service, f"{kind}{separator}{asked[parameter]}")


def given(parameter: str) -> Callable[[Asked], str]:
    """ARN that a parameter gives."""
    return lambda asked: str(asked[parameter])


# --- S3 -------------------------------------------------------------------------------------


def _bucket(asked: Asked) -> str:
    return f"arn:{asked.partition}:s3:::{asked['Bucket']}"


def _object(asked: Asked) -> str:
    return f"{_bucket(asked)}/{asked['Key']}"


def _list_bucket(asked: Asked) -> list[Permission]:
    keys = {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter", "s3:max-keys": "MaxKeys"}
    context = {key: (str(asked[name]),) for key, name in keys.items() if asked.names(name)}
    return [Permission("s3:ListBucket", _bucket(asked), context)]


def _get_object(asked: Asked) -> list[Permission]:
    version = "Version" if asked.names("VersionId") else ""
    needs = [Permission(f"s3:GetObject{version}", _object(asked))]
    found = policies.object_of(asked["Bucket"], asked["Key"], asked.account_id, asked.partition)
    if found is None:  # who may not list gets 403 in place of 404
        needs.append(Permission("s3:ListBucket", _bucket(asked)))
    return needs


def _read_encrypted(asked: Asked) -> list[Permission]:
    found = policies.object_of(asked["Bucket"], asked["Key"], asked.account_id, asked.partition)
    # A delete marker is an object of moto's too, without encryption.
    if getattr(found, "encryption", None) != "aws:kms" or not found.kms_key_id:
        return []
    return [_key_permission(asked, "kms:Decrypt", found.kms_key_id, via="s3")]


def _put_object(asked: Asked) -> list[Permission]:
    keys = {"s3:if-match": "IfMatch", "s3:if-none-match": "IfNoneMatch"}
    context = {key: (str(asked[name]),) for key, name in keys.items() if asked.names(name)}
    needs = [Permission("s3:PutObject", _object(asked), context)]
    if asked.names("IfMatch"):
        needs.append(Permission("s3:GetObject", _object(asked)))
    return needs


def _bucket_key(*actions: str) -> Need:
    def need(asked: Asked) -> list[Permission]:
        key = policies.bucket_key(asked["Bucket"], asked.account_id, asked.partition)
        return [_key_permission(asked, action, key, via="s3") for action in actions if key]

    return need


def _key_permission(asked: Asked, action: str, key: str, *, via: str) -> Permission:
    region = asked.request.region
    context = {"kms:viaservice": (f"{via}.{region}.amazonaws.com",)}
    return Permission(action, policies.key_arn(key, asked.account_id, region), context)


# --- SageMaker ------------------------------------------------------------------------------


def _pass_role(service: str, *path: str) -> Need:
    """Need to pass on the role that a parameter names."""

    def need(asked: Asked) -> list[Permission]:
        value: Any = asked.request.parameters
        for name in path:
            value = (value or {}).get(name)
        if value and not value.startswith("arn:"):  # Glue takes names, too
            value = f"arn:{asked.partition}:iam::{asked.account_id}:role/{value}"
        context = {"iam:passedtoservice": (service,)}
        return [Permission("iam:PassRole", value, context)] if value else []

    return need


def _with_tags(resource: Callable[[Asked], str]) -> Need:
    def need(asked: Asked) -> list[Permission]:
        if not asked["Tags"]:
            return []
        keys = tuple(tag["Key"] for tag in asked["Tags"])
        return [Permission("sagemaker:AddTags", resource(asked), {"aws:tagkeys": keys})]

    return need


_SAGEMAKER = "sagemaker.amazonaws.com"


def _sagemaker_kind(kind: str, arn_kind: str, *role_path: str) -> dict[tuple[str, str], list[Need]]:
    """Create, Describe and Stop of one kind of job."""
    resource = named("sagemaker", arn_kind, f"{kind}Name")
    passing = [_pass_role(_SAGEMAKER, *role_path)] if role_path else []
    create = [on(f"sagemaker:Create{kind}", resource), _with_tags(resource), *passing]
    return {
        ("sagemaker", f"Create{kind}"): create,
        ("sagemaker", f"Describe{kind}"): [on(f"sagemaker:Describe{kind}", resource)],
        ("sagemaker", f"Stop{kind}"): [on(f"sagemaker:Stop{kind}", resource)],
    }


# --- Glue -----------------------------------------------------------------------------------

_GLUE = "glue.amazonaws.com"


def _job_asked_for(asked: Asked) -> str:
    return asked.arn("glue", f"job/{asked['JobName'] or asked['Name']}")


def _glue_job(*operations: str) -> dict[tuple[str, str], list[Need]]:
    """Operations on a job and its runs: each needs the action of its name, on the job."""
    return {("glue", name): [on(f"glue:{name}", _job_asked_for)] for name in operations}


def _tag_new_job(asked: Asked) -> list[Permission]:
    keys = tuple(asked["Tags"] or ())
    context = {"aws:tagkeys": keys}
    return [Permission("glue:TagResource", _job_asked_for(asked), context)] if keys else []


# --- the others -----------------------------------------------------------------------------


def _function(asked: Asked) -> str:
    name = str(asked["FunctionName"])
    return name if name.startswith("arn:") else asked.arn("lambda", f"function:{name}")


def _publish_encrypted(asked: Asked) -> list[Permission]:
    key = policies.topic_key(str(asked["TopicArn"]))
    actions = ("kms:GenerateDataKey", "kms:Decrypt")
    return [_key_permission(asked, action, key, via="sns") for action in actions if key]


def _queue(asked: Asked) -> str:
    account_id, name = str(asked["QueueUrl"]).rstrip("/").split("/")[-2:]
    return f"arn:{asked.partition}:sqs:{asked.request.region}:{account_id}:{name}"


def _send_encrypted(asked: Asked) -> list[Permission]:
    key = policies.queue_key(_queue(asked))
    actions = ("kms:GenerateDataKey", "kms:Decrypt")
    return [_key_permission(asked, action, key, via="sqs") for action in actions if key]


def _schedule(asked: Asked) -> str:
    return asked.arn("scheduler", f"schedule/{asked['GroupName'] or 'default'}/{asked['Name']}")


def _schedule_key(asked: Asked) -> list[Permission]:
    key = asked["KmsKeyArn"]
    actions = ("kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt")
    return [_key_permission(asked, action, key, via="scheduler") for action in actions if key]


def _machine_of_token(asked: Asked) -> str:
    """State machine whose task waits with a token; any, if none does."""
    token = asked["taskToken"]
    backend = stepfunctions_parser_backends[asked.account_id][asked.request.region]
    for execution in backend._get_executions():
        worker = execution.exec_worker
        if worker and worker.env.callback_pool_manager.get(token) is not None:
            return str(execution.state_machine.arn)
    return asked.arn("states", "stateMachine:*")


NEEDS: Mapping[tuple[str, str], list[Need]] = {
    ("s3", "GetObject"): [_get_object, _read_encrypted],
    ("s3", "HeadObject"): [_get_object],
    ("s3", "HeadBucket"): [on("s3:ListBucket", _bucket)],
    ("s3", "ListBuckets"): [
        on("s3:ListAllMyBuckets", lambda asked: f"arn:{asked.partition}:s3:::*")
    ],
    ("s3", "ListObjects"): [_list_bucket],
    ("s3", "ListObjectsV2"): [_list_bucket],
    ("s3", "PutObject"): [_put_object, _bucket_key("kms:GenerateDataKey")],
    ("s3", "CreateMultipartUpload"): [
        on("s3:PutObject", _object),
        _bucket_key("kms:GenerateDataKey"),
    ],
    ("s3", "UploadPart"): [on("s3:PutObject", _object), _bucket_key("kms:Decrypt")],
    ("s3", "CompleteMultipartUpload"): [_put_object],
    ("s3", "AbortMultipartUpload"): [on("s3:AbortMultipartUpload", _object)],
    ("s3", "DeleteObject"): [on("s3:DeleteObject", _object)],
    ("lambda", "Invoke"): [on("lambda:InvokeFunction", _function)],
    **_sagemaker_kind("TrainingJob", "training-job", "RoleArn"),
    **_sagemaker_kind("TransformJob", "transform-job"),
    **_sagemaker_kind(
        "HyperParameterTuningJob",
        "hyper-parameter-tuning-job",
        "TrainingJobDefinition",
        "RoleArn",
    ),
    ("sagemaker", "CreateModel"): [
        on("sagemaker:CreateModel", named("sagemaker", "model", "ModelName")),
        _with_tags(named("sagemaker", "model", "ModelName")),
        _pass_role(_SAGEMAKER, "ExecutionRoleArn"),
    ],
    ("sagemaker", "DescribeModel"): [
        on("sagemaker:DescribeModel", named("sagemaker", "model", "ModelName"))
    ],
    ("sagemaker", "AddTags"): [on("sagemaker:AddTags", given("ResourceArn"))],
    ("sagemaker", "ListTags"): [on("sagemaker:ListTags", given("ResourceArn"))],
    **_glue_job("BatchStopJobRun", "DeleteJob", "GetJob", "GetJobRun", "GetJobRuns", "StartJobRun"),
    ("glue", "CreateJob"): [
        on("glue:CreateJob", _job_asked_for),
        _tag_new_job,
        _pass_role(_GLUE, "Role"),
    ],
    ("glue", "UpdateJob"): [
        on("glue:UpdateJob", _job_asked_for),
        _pass_role(_GLUE, "JobUpdate", "Role"),
    ],
    ("sns", "Publish"): [on("sns:Publish", given("TopicArn")), _publish_encrypted],
    ("sqs", "SendMessage"): [on("sqs:SendMessage", _queue), _send_encrypted],
    ("sqs", "GetQueueUrl"): [on("sqs:GetQueueUrl", named("sqs", "", "QueueName", ""))],
    ("stepfunctions", "StartExecution"): [on("states:StartExecution", given("stateMachineArn"))],
    ("stepfunctions", "DescribeExecution"): [on("states:DescribeExecution", given("executionArn"))],
    ("stepfunctions", "StopExecution"): [on("states:StopExecution", given("executionArn"))],
    ("stepfunctions", "ListExecutions"): [on("states:ListExecutions", given("stateMachineArn"))],
    ("stepfunctions", "SendTaskFailure"): [on("states:SendTaskFailure", _machine_of_token)],
    ("stepfunctions", "SendTaskSuccess"): [on("states:SendTaskSuccess", _machine_of_token)],
    ("stepfunctions", "SendTaskHeartbeat"): [on("states:SendTaskHeartbeat", _machine_of_token)],
    ("scheduler", "GetSchedule"): [on("scheduler:GetSchedule", _schedule)],
    ("scheduler", "UpdateSchedule"): [
        on("scheduler:UpdateSchedule", _schedule),
        _pass_role("scheduler.amazonaws.com", "Target", "RoleArn"),
        _schedule_key,
    ],
    ("sts", "GetCallerIdentity"): [],  # needs no permission
}
