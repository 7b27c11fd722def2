"""Requests made as a role are checked: by operation, resource, condition, key, bucket policy."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.iam.role_sessions import LAMBDA, assume, session_of
from embedded_aws.role_clients import client_as
from embedded_aws.server import EmbeddedAws

REGION = "us-east-1"
BUCKET = "arn:aws:s3:::shelf"


@pytest.fixture(scope="module", autouse=True)
def bucket(aws: EmbeddedAws) -> None:
    aws.client("s3").create_bucket(Bucket="shelf")
    aws.client("s3").put_object(Bucket="shelf", Key="raw/a.csv", Body=b"1,2")


@pytest.fixture
def as_role(aws: EmbeddedAws) -> Callable[..., Callable[[str], Any]]:
    def make(*statements: dict[str, Any], **more: Any) -> Callable[[str], Any]:
        name, iam = f"role-{uuid.uuid4().hex[:8]}", aws.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": LAMBDA}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **more)[
            "Role"
        ]["Arn"]
        if statements:
            iam.put_role_policy(
                RoleName=name, PolicyName="inline", PolicyDocument=document(*statements)
            )
        session = assume(arn, LAMBDA, name="reader", source_arn="")
        return lambda service: client_as(session, REGION, service)

    return make


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def error_of(call: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return {
        **caught.value.response["Error"],
        "status": caught.value.response["ResponseMetadata"]["HTTPStatusCode"],
    }


def test_credentials_are_of_the_role(as_role: Callable[..., Any]) -> None:
    identity = as_role()("sts").get_caller_identity()

    assert identity["Arn"].startswith("arn:aws:sts::123456789012:assumed-role/role-")
    assert identity["Arn"].endswith("/reader")
    assert session_of("embedded") is None


def test_denial_is_in_the_services_words(as_role: Callable[..., Any]) -> None:
    client = as_role()
    arn = client("sts").get_caller_identity()["Arn"]

    in_s3 = error_of(client("s3").get_object, Bucket="shelf", Key="raw/a.csv")
    assert (in_s3["Code"], in_s3["status"]) == ("AccessDenied", 403)
    assert in_s3["Message"] == (
        f"User: {arn} is not authorized to perform: s3:GetObject on resource: "
        f'"{BUCKET}/raw/a.csv" because no identity-based policy allows the s3:GetObject action'
    )
    head = error_of(client("s3").head_object, Bucket="shelf", Key="raw/a.csv")
    assert (head["Code"], head["status"]) == ("403", 403)
    topic = "arn:aws:sns:us-east-1:123456789012:news"
    in_sns = error_of(client("sns").publish, TopicArn=topic, Message="m")
    assert (in_sns["Code"], in_sns["status"]) == ("AuthorizationError", 403)
    assert in_sns["Message"].endswith(
        "because no identity-based policy allows the SNS:Publish action"
    )
    in_lambda = error_of(client("lambda").invoke, FunctionName="f", Payload=b"{}")
    assert (in_lambda["Code"], in_lambda["status"]) == ("AccessDeniedException", 403)
    assert "on resource: arn:aws:lambda:us-east-1:123456789012:function:f" in in_lambda["Message"]
    job = error_of(client("sagemaker").describe_training_job, TrainingJobName="j")
    assert (job["Code"], job["status"]) == ("AccessDeniedException", 400)
    assert "training-job/j" in job["Message"]


def test_missing_object_is_a_secret_of_who_may_not_list(as_role: Callable[..., Any]) -> None:
    reader = as_role(allow("s3:GetObject", f"{BUCKET}/*"))("s3")
    lister = as_role(allow("s3:GetObject", f"{BUCKET}/*"), allow("s3:ListBucket", BUCKET))("s3")

    assert reader.get_object(Bucket="shelf", Key="raw/a.csv")["Body"].read() == b"1,2"
    denied = error_of(reader.get_object, Bucket="shelf", Key="raw/none")
    assert denied["Code"] == "AccessDenied"
    assert "s3:ListBucket" in denied["Message"]
    assert error_of(lister.get_object, Bucket="shelf", Key="raw/none")["Code"] == "NoSuchKey"


def test_listing_is_allowed_by_prefix(as_role: Callable[..., Any]) -> None:
    condition = {"StringLike": {"s3:prefix": ["raw/*"]}}
    s3 = as_role(allow("s3:ListBucket", BUCKET, Condition=condition))("s3")

    assert s3.list_objects_v2(Bucket="shelf", Prefix="raw/")["KeyCount"] == 1
    assert error_of(s3.list_objects_v2, Bucket="shelf", Prefix="runs/")["Code"] == "AccessDenied"
    assert error_of(s3.list_objects_v2, Bucket="shelf")["Code"] == "AccessDenied"


def test_writing_in_parts_needs_put_and_overwriting_on_condition_needs_get(
    as_role: Callable[..., Any],
) -> None:
    s3 = as_role(allow("s3:PutObject", f"{BUCKET}/runs/*"))("s3")
    key = {"Bucket": "shelf", "Key": "runs/é + ü%20/part 0"}

    upload = s3.create_multipart_upload(**key)["UploadId"]
    part = s3.upload_part(**key, UploadId=upload, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(
        **key, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    other = s3.create_multipart_upload(**key)["UploadId"]
    aborted = error_of(s3.abort_multipart_upload, **key, UploadId=other)
    assert "s3:AbortMultipartUpload" in aborted["Message"]
    assert (
        "s3:PutObject"
        in error_of(s3.put_object, Bucket="shelf", Key="raw/b", Body=b"x" * 9)["Message"]
    )
    matched = error_of(s3.put_object, **key, Body=b"y", IfMatch=part["ETag"])
    assert "s3:GetObject" in matched["Message"]


def test_roles_are_passed_to_the_service_of_the_condition(as_role: Callable[..., Any]) -> None:
    condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    model = allow(["sagemaker:CreateModel"], "*")
    request = {
        "ModelName": "m",
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/test",
        "PrimaryContainer": {
            "Image": "382416733822.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1"
        },
    }

    wrong = as_role(model, allow("iam:PassRole", "*", Condition=condition))("sagemaker")
    assert (
        "iam:PassRole on resource: arn:aws:iam::123456789012:role/test"
        in (error_of(wrong.create_model, **request)["Message"])
    )
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    right = as_role(model, allow("iam:PassRole", "*", Condition=condition))("sagemaker")
    assert (
        "AddTags"
        in error_of(right.create_model, **request, Tags=[{"Key": "a", "Value": "b"}])["Message"]
    )
    assert right.create_model(**request)["ModelArn"].endswith(":model/m")


def test_operation_that_is_not_in_the_table_is_an_error_with_a_name(
    as_role: Callable[..., Any],
) -> None:
    client = as_role(allow("*", "*"))

    refused = error_of(client("s3").get_bucket_acl, Bucket="any")
    assert refused["Code"] == "UnsupportedInEmbeddedAws"
    assert "s3:GetBucketAcl" in refused["Message"]
    assert error_of(client("dynamodb").list_tables)["Code"] == "UnsupportedInEmbeddedAws"


def test_unknown_condition_is_an_error_with_a_name(as_role: Callable[..., Any]) -> None:
    statement = allow("s3:*", "*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})

    refused = error_of(as_role(statement)("s3").get_object, Bucket="shelf", Key="raw/a.csv")

    assert refused["Code"] == "UnsupportedInEmbeddedAws"
    assert "aws:SourceIp" in refused["Message"]


def test_permissions_boundary_and_managed_policies_count(
    aws: EmbeddedAws, as_role: Callable[..., Any]
) -> None:
    iam = aws.client("iam")
    boundary = iam.create_policy(
        PolicyName="boundary", PolicyDocument=document(allow("s3:ListBucket", "*"))
    )["Policy"]["Arn"]
    bounded = as_role(allow("s3:*", "*"), PermissionsBoundary=boundary)("s3")

    assert bounded.list_objects_v2(Bucket="shelf")["KeyCount"] >= 1
    denied = error_of(bounded.get_object, Bucket="shelf", Key="raw/a.csv")
    assert denied["Message"].endswith("no permissions boundary allows the s3:GetObject action")

    client = as_role()
    role = client("sts").get_caller_identity()["Arn"].split("/")[1]
    assert error_of(client("s3").list_objects_v2, Bucket="shelf")["Code"] == "AccessDenied"
    iam.attach_role_policy(RoleName=role, PolicyArn=boundary)
    assert client("s3").list_objects_v2(Bucket="shelf")["KeyCount"] >= 1


def test_bucket_policy_may_allow_and_deny_and_loopback_counts_as_tls(
    aws: EmbeddedAws, as_role: Callable[..., Any]
) -> None:
    owner, client = aws.client("s3"), as_role()
    owner.create_bucket(Bucket="locked")
    owner.put_object(Bucket="locked", Key="a", Body=b"1")
    role = client("sts").get_caller_identity()["Arn"].split("/")[1]
    transport = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::locked", "arn:aws:s3:::locked/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    principal = {"AWS": f"arn:aws:iam::123456789012:role/{role}"}
    reading = allow("s3:GetObject", "arn:aws:s3:::locked/*", Principal=principal)

    owner.put_bucket_policy(Bucket="locked", Policy=document(transport, reading))
    assert client("s3").get_object(Bucket="locked", Key="a")["Body"].read() == b"1"
    assert error_of(client("s3").put_object, Bucket="locked", Key="b")["Code"] == "AccessDenied"


def test_encrypted_bucket_needs_the_key_too(aws: EmbeddedAws, as_role: Callable[..., Any]) -> None:
    owner = aws.client("s3")
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    owner.create_bucket(Bucket="sealed")
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    }
    owner.put_bucket_encryption(
        Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    through_s3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    objects = allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::sealed/*")
    writer = as_role(objects, allow("kms:GenerateDataKey", key, Condition=through_s3))("s3")
    reader = as_role(objects, allow("kms:Decrypt", key, Condition=through_s3))("s3")

    writer.put_object(Bucket="sealed", Key="a", Body=b"1")
    assert "kms:Decrypt" in error_of(writer.get_object, Bucket="sealed", Key="a")["Message"]
    assert reader.get_object(Bucket="sealed", Key="a")["Body"].read() == b"1"
    assert "kms:GenerateDataKey" in error_of(reader.put_object, Bucket="sealed", Key="b")["Message"]


def test_functions_act_as_their_role(aws: EmbeddedAws, create_function: Any) -> None:
    source = (
        "import boto3\n"
        "def handle(event, context):\n"
        "    return boto3.client('sts').get_caller_identity()['Arn']\n"
    )
    create_function("who-am-i", source)

    answer = json.load(aws.client("lambda").invoke(FunctionName="who-am-i")["Payload"])

    assert answer == "arn:aws:sts::123456789012:assumed-role/test/who-am-i"
