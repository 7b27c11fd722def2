"""Custom resources: CDK's own that empties buckets, and any whose provider is a Python function.

Sources: CloudFormation user guide, "Custom resource reference" (request and response objects);
aws-cdk, ``aws-s3/auto-delete-objects-handler`` (what the provider does on each request).
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from botocore.exceptions import ClientError

from embedded_aws.cloudformation.errors import ResourceFailure
from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
)

_AUTO_DELETE_TAG = {"Key": "aws-cdk:auto-delete-objects", "Value": "true"}
_RESPONSE_BUCKET_PREFIX = "cloudformation-custom-resource-response-"
# AWS waits an hour unless ServiceTimeout says otherwise; a provider here has answered when its
# function has returned, or will soon.
_WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.05


class AutoDeleteObjects(ResourceType):
    """``Custom::S3AutoDeleteObjects``, whose provider is a Node.js function, in Python."""

    type_name = "Custom::S3AutoDeleteObjects"
    properties = frozenset({"BucketName", "ServiceToken"})

    def create(self, request: Request) -> Physical:
        """Do nothing; only the deletion matters."""
        return Physical(request.name("", longest=100))

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:  # noqa: ARG002
        """Answer with the bucket's name as id, as CDK's provider does."""
        return Physical(request.properties["BucketName"])

    def delete(self, request: Request, physical: Physical) -> None:  # noqa: ARG002
        """Empty the bucket, if it (still) has the tag that allows that."""
        s3, bucket = request.client("s3"), request.properties["BucketName"]
        try:
            tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchBucket", "NoSuchTagSet"):
                return
            raise
        if _AUTO_DELETE_TAG in tags:
            _empty(s3, bucket)


class CustomResource(ResourceType):
    """A resource that a function of the template provides."""

    type_name = "Custom::"

    def check(self, properties: Properties) -> None:
        """Every property goes to the provider; it must be a function."""
        token = str(properties.get("ServiceToken", ""))
        if ":lambda:" not in token:
            raise ResourceFailure(
                f"The embedded AWS asks functions for custom resources, not {token or 'nothing'}"
            )

    def create(self, request: Request) -> Physical:
        """Ask the provider to create."""
        return _ask(request, {"RequestType": "Create"})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Ask the provider to update; another id in its answer means a new resource."""
        return _ask(
            request,
            {
                "RequestType": "Update",
                "PhysicalResourceId": physical.id,
                "OldResourceProperties": previous,
            },
        )

    def delete(self, request: Request, physical: Physical) -> None:
        """Ask the provider to delete."""
        _ask(request, {"RequestType": "Delete", "PhysicalResourceId": physical.id})


class Metadata(ResourceType):
    """``AWS::CDK::Metadata``: says which constructs made the template, and nothing else."""

    type_name = "AWS::CDK::Metadata"
    properties = frozenset({"Analytics"})

    def create(self, request: Request) -> Physical:
        """Do nothing."""
        return Physical(request.name("", longest=100))

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:  # noqa: ARG002
        """Do nothing."""
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Do nothing."""


def _empty(s3: Any, bucket: str) -> None:
    """Delete what is on the first page until there is nothing, as CDK's provider does."""
    while True:
        page = s3.list_object_versions(Bucket=bucket)
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not found:
            return
        objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", []):
            raise ResourceFailure(f"{bucket}/{error['Key']}: {error['Message']}")


def _ask(request: Request, event: dict[str, Any]) -> Physical:
    """Invoke the provider and wait for the answer that it puts to a presigned URL, as on AWS."""
    s3, key = request.client("s3"), str(uuid.uuid4())
    bucket = f"{_RESPONSE_BUCKET_PREFIX}{request.region.replace('-', '')}"
    s3.create_bucket(Bucket=bucket)
    try:
        url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key})
        answer = request.client("lambda").invoke(
            FunctionName=request.properties["ServiceToken"],
            Payload=json.dumps(
                {
                    **event,
                    "ResponseURL": url,
                    "StackId": request.stack_id,
                    "RequestId": key,
                    "ResourceType": request.type_name,
                    "LogicalResourceId": request.logical_id,
                    "ResourceProperties": request.properties,
                    "ServiceToken": request.properties["ServiceToken"],
                }
            ).encode(),
        )
        if "FunctionError" in answer:
            error = json.loads(answer["Payload"].read())
            raise ResourceFailure(f"The provider's function failed: {error.get('errorMessage')}")
        response = _response(s3, bucket, key)
    finally:
        _empty(s3, bucket)
        s3.delete_bucket(Bucket=bucket)
    if response["Status"] != "SUCCESS":
        reason = response.get("Reason", "no reason given")
        raise ResourceFailure(f"Received response status [FAILED] from custom resource. {reason}")
    known = event.get("PhysicalResourceId")
    return Physical(response.get("PhysicalResourceId") or known or key, response.get("Data") or {})


def _response(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            if time.monotonic() > deadline:
                raise ResourceFailure(
                    "CloudFormation did not receive a response from your Custom Resource. "
                    f"Please check your logs for requestId [{key}]."
                ) from None
            time.sleep(_POLL_SECONDS)
        else:
            response: dict[str, Any] = json.loads(body)
            return response
