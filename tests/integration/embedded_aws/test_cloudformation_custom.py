"""Custom resources: CDK's own that empties buckets, and those that a Python function provides."""

import json
import uuid
from typing import Any

import pytest
from moto.s3.models import s3_backends

from embedded_aws.server import EmbeddedAws

TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
RECORDING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}],
}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUST]},
        "Policies": [{"PolicyName": "records", "PolicyDocument": RECORDING}],
    },
}
AUTO_DELETE_TAG = {"Key": "aws-cdk:auto-delete-objects", "Value": "true"}
# Answers as the module cfn-response does; keeps a record of what it was asked.
PROVIDER = """
import json, urllib.request, boto3

def handler(event, context):
    properties = event["ResourceProperties"]
    boto3.client("s3").put_object(
        Bucket=properties["Records"],
        Key=f"{event['RequestType']}-{event.get('PhysicalResourceId', '')}.json",
        Body=json.dumps(event),
    )
    if properties.get("Mode") == "raise":
        raise ValueError("no reason to answer")
    failed = properties.get("Mode") == event["RequestType"]
    answer = {
        "Status": "FAILED" if failed else "SUCCESS",
        "Reason": "as it was told",
        "PhysicalResourceId": properties["Id"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Doubled": int(properties["Number"]) * 2},
    }
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT",
        headers={"Content-Type": ""},
    )
    urllib.request.urlopen(request)
"""


@pytest.fixture
def name() -> str:
    return f"custom-{uuid.uuid4().hex[:8]}"


def cdk_bucket(*, tagged: bool) -> dict[str, Any]:
    """What `auto_delete_objects=True` puts into a template."""
    tags = [AUTO_DELETE_TAG] if tagged else [{"Key": "other", "Value": "true"}]
    return {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"Tags": tags, "VersioningConfiguration": {"Status": "Enabled"}},
        },
        "AutoDelete": {
            "Type": "Custom::S3AutoDeleteObjects",
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": ["Handler", "Arn"]},
                "BucketName": {"Ref": "Bucket"},
            },
        },
        "Role": ROLE,
        "Handler": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": "exports.handler = async () => {};"},
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "nodejs22.x",
            },
        },
    }


def deploy(aws: EmbeddedAws, name: str, resources: dict[str, Any], **sections: Any) -> Any:
    cloudformation = aws.client("cloudformation")
    known = [s["StackName"] for s in cloudformation.describe_stacks()["Stacks"]]
    operation = cloudformation.update_stack if name in known else cloudformation.create_stack
    operation(
        StackName=name,
        TemplateBody=json.dumps({"Resources": resources, **sections}),
        Capabilities=["CAPABILITY_IAM"],
    )
    return cloudformation.describe_stacks(StackName=name)["Stacks"][0]


def bucket_of(aws: EmbeddedAws, stack_name: str) -> str:
    found = aws.client("cloudformation").describe_stack_resource(
        StackName=stack_name, LogicalResourceId="Bucket"
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def fill(aws: EmbeddedAws, stack_name: str) -> str:
    """Put versions, and a marker of a deleted object, into the stack's bucket."""
    bucket, s3 = bucket_of(aws, stack_name), aws.client("s3")
    for content in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="versions", Body=content)
    s3.put_object(Bucket=bucket, Key="deleted", Body=b"")
    s3.delete_object(Bucket=bucket, Key="deleted")
    return bucket


def buckets(aws: EmbeddedAws) -> list[str]:
    return [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]


def test_tagged_bucket_is_emptied_and_deleted(aws: EmbeddedAws, name: str) -> None:
    stack = deploy(aws, name, cdk_bucket(tagged=True))
    bucket = fill(aws, name)
    backend = s3_backends["123456789012"]["aws"]  # a thousand requests would take seconds
    for number in range(1001):  # more than S3 lists at a time
        backend.put_object(bucket, f"many/{number}", b"")

    aws.client("cloudformation").delete_stack(StackName=name)

    ended = aws.client("cloudformation").describe_stacks(StackName=stack["StackId"])["Stacks"][0]
    assert ended["StackStatus"] == "DELETE_COMPLETE"
    assert bucket not in buckets(aws)


def test_bucket_without_the_tag_keeps_its_objects(aws: EmbeddedAws, name: str) -> None:
    deploy(aws, name, cdk_bucket(tagged=False))
    bucket = fill(aws, name)

    aws.client("cloudformation").delete_stack(StackName=name)

    ended = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    assert ended["StackStatus"] == "DELETE_FAILED"
    assert aws.client("s3").get_object(Bucket=bucket, Key="versions")["Body"].read() == b"2"


def test_template_without_auto_delete_any_more_leaves_the_objects(
    aws: EmbeddedAws, name: str
) -> None:
    """The tag goes before the custom resource does, so its deletion empties nothing."""
    deploy(aws, name, cdk_bucket(tagged=True))
    bucket = fill(aws, name)
    kept = cdk_bucket(tagged=False)["Bucket"]

    stack = deploy(aws, name, {"Bucket": {**kept, "DeletionPolicy": "Retain"}})
    aws.client("cloudformation").delete_stack(StackName=name)

    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert aws.client("s3").get_object(Bucket=bucket, Key="versions")["Body"].read() == b"2"


def provided(**properties: Any) -> dict[str, Any]:
    return {
        "Records": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
        "Role": ROLE,
        "Provider": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": PROVIDER},
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.13",
                "Timeout": 30,
            },
        },
        "Custom": {
            "Type": "Custom::Doubler",
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]},
                "Records": {"Ref": "Records"},
                **properties,
            },
        },
    }


OUTPUTS = {
    "Doubled": {"Value": {"Fn::GetAtt": ["Custom", "Doubled"]}},
    "Records": {"Value": {"Ref": "Records"}},
}


def outputs(stack: Any) -> dict[str, str]:
    return {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}


def test_function_provides_a_resource_through_its_life(aws: EmbeddedAws, name: str) -> None:
    s3 = aws.client("s3")
    first = outputs(deploy(aws, name, provided(Number="4", Id="a"), Outputs=OUTPUTS))
    second = outputs(deploy(aws, name, provided(Number="5", Id="a"), Outputs=OUTPUTS))
    third = outputs(deploy(aws, name, provided(Number="6", Id="b"), Outputs=OUTPUTS))
    aws.client("cloudformation").delete_stack(StackName=name)

    assert [out["Doubled"] for out in (first, second, third)] == ["8", "10", "12"]
    asked = [o["Key"] for o in s3.list_objects_v2(Bucket=first["Records"])["Contents"]]
    # Another id in the answer to an update means another resource: the old one is deleted.
    assert asked == ["Create-.json", "Delete-a.json", "Delete-b.json", "Update-a.json"]
    update = s3.get_object(Bucket=first["Records"], Key="Update-a.json")["Body"].read()
    assert json.loads(update)["OldResourceProperties"]["Number"] == "5"
    assert not [bucket for bucket in buckets(aws) if bucket.startswith("cloudformation-custom")]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("Create", "as it was told"), ("raise", "no reason to answer")],
)
def test_provider_that_fails_rolls_back(
    aws: EmbeddedAws, name: str, mode: str, reason: str
) -> None:
    stack = deploy(aws, name, provided(Number="4", Id="a", Mode=mode))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    found = aws.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    assert any(reason in event.get("ResourceStatusReason", "") for event in found)


def test_provider_must_be_a_function(aws: EmbeddedAws, name: str) -> None:
    token = "arn:aws:sns:us-east-1:123456789012:topic"

    stack = deploy(
        aws, name, {"Custom": {"Type": "Custom::X", "Properties": {"ServiceToken": token}}}
    )

    found = aws.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any(token in event.get("ResourceStatusReason", "") for event in found)
