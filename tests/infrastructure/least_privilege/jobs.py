"""What the role of SageMaker's jobs and models needs.

Source: SageMaker developer guide, "How to use SageMaker AI execution roles": the permissions of
CreateTrainingJob, CreateHyperParameterTuningJob and CreateModel, limited as it says there: the
input's bucket, the objects of input, output and model, the image's repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.infrastructure.least_privilege.encryption import reading, writing
from tests.infrastructure.least_privilege.functions import area
from tests.infrastructure.least_privilege.grants import Grant, Template, flat, grants
from tests.infrastructure.least_privilege.state_machine import SAGEMAKER, tasks

PULL = {"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"}
LOGGING = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:CreateLogGroup",
    "logs:DescribeLogStreams",
}
NETWORK = {
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
}
# "Logging with Amazon CloudWatch", "Monitoring with Amazon CloudWatch": log group and namespace of
# a job. A tuning job has none of its own, its trials are training jobs; nor has a model.
TELEMETRY = {
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "HyperParameterTuningJob": "/aws/sagemaker/TrainingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
}
# Where requests say what is read and what is written.
READ = {"S3Uri", "ModelDataUrl"}
WRITTEN = {"S3OutputPath"}

_HERE = "<AWS::Region>:<AWS::AccountId>"


def job_needs(
    template: Template, machine: dict[str, Any], bucket: str, run: dict[str, Any]
) -> set[Grant]:
    """Derive the grants that the role needs which the state machine passes to SageMaker.

    Parameters
    ----------
    template : dict
    machine : dict
        The state machine's properties.
    bucket : str
        Logical id of the data bucket.
    run : dict
        A run as ResolveRun resolves it, with the uris of what the jobs read and write.
    """
    requests = dict(_requests(json.loads(flat(machine["DefinitionString"]))))
    assert requests, "no state creates anything in SageMaker"
    read = {_key(uri, run) for request in requests.values() for uri in _values(request, READ)}
    written = {_key(uri, run) for request in requests.values() for uri in _values(request, WRITTEN)}
    needs = grants({"s3:ListBucket"}, [f"<{bucket}.Arn>"])
    needs |= grants({"s3:GetObject"}, [f"<{bucket}.Arn>/{area(key)}" for key in read])
    needs |= grants({"s3:PutObject"}, [f"<{bucket}.Arn>/{area(key)}" for key in written])
    needs |= reading(template, bucket) | writing(template, bucket, in_parts=True)
    needs |= grants(PULL, {_repository(image) for r in requests.values() for image in _images(r)})
    needs |= grants({"ecr:GetAuthorizationToken"}, ["*"])
    kinds = sorted({TELEMETRY[kind] for kind in requests if kind in TELEMETRY})
    streams = [f"arn:<AWS::Partition>:logs:{_HERE}:log-group:{kind}:*" for kind in kinds]
    needs |= grants(LOGGING, streams)
    namespaces = {"StringEquals": {"cloudwatch:namespace": kinds}}
    needs |= grants({"cloudwatch:PutMetricData"}, ["*"], namespaces)
    if any(_values(request, {"VpcConfig"}) for request in requests.values()):
        needs |= grants(NETWORK, ["*"])
    for request in requests.values():
        for key in _values(request, {"KmsKeyId"}):  # of an output
            needs |= grants({"kms:Encrypt"}, [key])
        for key in _values(request, {"VolumeKmsKeyId"}):
            condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
            needs |= grants({"kms:CreateGrant"}, [key], condition)
    return needs


def _requests(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for task in tasks(definition):
        kind = task["Resource"].partition(":sagemaker:create")[2].partition(".")[0]
        if kind in SAGEMAKER:
            yield kind, task["Parameters"]


def _values(request: Any, names: set[str]) -> list[Any]:
    """Values of the fields with these names, at any depth; paths as they are."""
    if isinstance(request, list):
        return [value for item in request for value in _values(item, names)]
    if not isinstance(request, dict):
        return []
    return [
        found
        for name, value in request.items()
        for found in ([value] if name.removesuffix(".$") in names else _values(value, names))
    ]


def _key(path: str, run: dict[str, Any]) -> str:
    """Key that a path of the definition stands for, in any run."""
    if path == "$model.model_data_uri":  # what a training job wrote, into the prefix that it got
        return _key("$run.uris.model_prefix_uri", run)
    value: Any = {"run": run}
    for name in path.removeprefix("$").split("."):
        value = value[name]
    return urlsplit(str(value)).path.removeprefix("/").replace(str(run["run_id"]), "*")


def _images(request: dict[str, Any]) -> list[str]:
    """Images that are named; a model's is its training job's."""
    found = _values(request, {"TrainingImage", "Image"})
    return [image for image in found if image != "$model.training_image"]


def _repository(image: str) -> str:
    """ARN of the repository that an image is in: ``<account>.dkr.ecr.<region>.…/<name>:<tag>``."""
    registry, _, name = image.partition("/")
    account, _, region = registry.partition(".dkr.ecr.")
    region = region.partition(">.")[0] + ">"
    return f"arn:<AWS::Partition>:ecr:{region}:{account}:repository/{name.partition(':')[0]}"
