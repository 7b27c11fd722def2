"""Deploys a synthesized assembly as the CDK CLI does: assets to S3, template to CloudFormation.

Nothing is defined a second time here. What the template says is what runs.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from embedded_aws.errors import DeploymentError

ClientFactory = Callable[[str], Any]

_BOOTSTRAP_STACK = "CDKToolkit"
_BOOTSTRAP_VERSION = "30"
_STAGING_BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
_BOOTSTRAP_TEMPLATE = {
    "Description": "The part of cdk bootstrap that a deployment needs: where assets go, a version",
    "Resources": {
        "StagingBucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": {"Fn::Sub": _STAGING_BUCKET},
                "VersioningConfiguration": {"Status": "Enabled"},
            },
            "UpdateReplacePolicy": "Retain",
            "DeletionPolicy": "Retain",
        },
        # Every template checks it.
        "CdkBootstrapVersion": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Type": "String",
                "Name": "/cdk-bootstrap/hnb659fds/version",
                "Value": _BOOTSTRAP_VERSION,
            },
        },
    },
    "Outputs": {
        "BucketName": {"Value": {"Ref": "StagingBucket"}},
        "BucketDomainName": {"Value": {"Fn::GetAtt": ["StagingBucket", "RegionalDomainName"]}},
        "BootstrapVersion": {"Value": {"Fn::GetAtt": ["CdkBootstrapVersion", "Value"]}},
    },
}
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)  # an end of central directory, and nothing before it


def deploy(
    assembly_directory: Path, client: ClientFactory, *, account_id: str, region: str
) -> dict[str, str]:
    """Deploy the assembly's only stack.

    Parameters
    ----------
    assembly_directory : Path
        What ``cdk synth`` or ``python app.py`` wrote.
    client : callable
        Returns a boto3 client for a service name.
    account_id, region : str
        Put in place of the assembly's placeholders.

    Returns
    -------
    dict of str to str
        The stack's outputs.

    Raises
    ------
    DeploymentError
        If there is no such stack, or the embedded AWS lacks a resource type that it has, or
        CloudFormation rejects it.
    """
    stack_name, stack = _only_stack(assembly_directory)
    template_path = assembly_directory / stack["properties"]["templateFile"]
    template = template_path.read_text(encoding="utf-8")
    places = {"${AWS::AccountId}": account_id, "${AWS::Region}": region, "${AWS::Partition}": "aws"}
    _bootstrap(client)
    for source, bucket, key in _assets(assembly_directory, stack_name):
        for place, value in places.items():
            bucket, key = bucket.replace(place, value), key.replace(place, value)
        _upload(client("s3"), source, bucket, key)
    return _create_stack(client, stack_name, template, template_path.stat().st_size)


def _only_stack(assembly_directory: Path) -> tuple[str, dict[str, Any]]:
    manifest_path = assembly_directory / "manifest.json"
    if not manifest_path.exists():
        raise DeploymentError(
            f"{assembly_directory} holds no synthesized assembly (no manifest.json); "
            "run `python app.py` first"
        )
    artifacts = json.loads(manifest_path.read_text(encoding="utf-8"))["artifacts"]
    stacks = {n: a for n, a in artifacts.items() if a["type"] == "aws:cloudformation:stack"}
    if len(stacks) != 1:
        raise DeploymentError(f"expected one stack in {manifest_path}, found {sorted(stacks)}")
    return next(iter(stacks.items()))


def _bootstrap(client: ClientFactory) -> None:
    """Make what ``cdk bootstrap`` leaves, by its names: that command can still be run over it."""
    cloudformation = client("cloudformation")
    try:
        cloudformation.create_stack(
            StackName=_BOOTSTRAP_STACK, TemplateBody=json.dumps(_BOOTSTRAP_TEMPLATE)
        )
    except cloudformation.exceptions.AlreadyExistsException:
        return


def _assets(assembly_directory: Path, stack_name: str) -> Iterator[tuple[Path | None, str, str]]:
    """Yield each file asset's source, bucket and key, the last two with placeholders.

    A source that a command would make is None: those are layers, which the functions here do not
    need, because they run with this Python's packages.
    """
    path = assembly_directory / f"{stack_name}.assets.json"
    for asset in json.loads(path.read_text(encoding="utf-8")).get("files", {}).values():
        made = asset["source"].get("path")
        for destination in asset["destinations"].values():
            yield (
                assembly_directory / made if made else None,
                destination["bucketName"],
                destination["objectKey"],
            )


def _upload(s3: Any, source: Path | None, bucket: str, key: str) -> None:
    if source is None:
        body = _EMPTY_ZIP
    else:
        body = _zipped(source) if source.is_dir() else source.read_bytes()
    s3.put_object(Bucket=bucket, Key=key, Body=body)


def _zipped(directory: Path) -> bytes:
    """Zip a folder; equal contents give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                name = path.relative_to(directory).as_posix()
                info = zipfile.ZipInfo(name, _ZIP_EPOCH)
                info.external_attr = 0o644 << 16
                archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _create_stack(
    client: ClientFactory, stack_name: str, template: str, size_bytes: int
) -> dict[str, str]:
    cloudformation = client("cloudformation")
    try:
        cloudformation.create_stack(
            StackName=stack_name,
            TemplateBody=template,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )
        stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except (ClientError, BotoCoreError) as error:
        raise DeploymentError(
            f"CloudFormation rejects the stack {stack_name} ({size_bytes} bytes): {error}"
        ) from error
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise DeploymentError(
            f"the stack {stack_name} ended as {stack['StackStatus']}: "
            f"{_first_failure(cloudformation, stack['StackId'])}"
        )
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


def _first_failure(cloudformation: Any, stack_id: str) -> str:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    failures = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event['ResourceStatusReason']}"
        for page in pages
        for event in page["StackEvents"]
        if event["ResourceStatus"].endswith("_FAILED") and "ResourceStatusReason" in event
    ]
    return failures[-1] if failures else "no reason given"
