"""The deployed stack: its status, and every way to differ from the code."""

import copy
import datetime as dt
import json

import pytest

from console.doctor.deployed_stack import (
    check_code,
    check_drift,
    check_stack,
    describe_stack,
    template_differences,
)
from console.doctor.finding import Status, checked
from tests.unit.console.doctor.conftest import TEMPLATE

OUTPUTS = [
    {"OutputKey": "DataBucketName", "OutputValue": "b"},
    {"OutputKey": "StateMachineArn", "OutputValue": "arn"},
]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("CREATE_COMPLETE", "ok"),
        ("UPDATE_COMPLETE", "ok"),
        ("UPDATE_IN_PROGRESS", "warning"),
        ("UPDATE_ROLLBACK_COMPLETE", "warning"),
        ("ROLLBACK_COMPLETE", "problem"),
        ("DELETE_FAILED", "problem"),
        ("UPDATE_ROLLBACK_FAILED", "problem"),
    ],
)
def test_status(status, expected):
    assert check_stack("S", {"StackStatus": status, "Outputs": OUTPUTS}).status == expected


def test_stack_of_something_else():
    finding = check_stack("S", {"StackStatus": "CREATE_COMPLETE", "Outputs": OUTPUTS[:1]})

    assert finding.status is Status.PROBLEM
    assert "StateMachineArn" in finding.found


def test_no_stack(stub):
    cloudformation, stubber = stub("cloudformation")
    stubber.add_client_error("describe_stacks", "ValidationError")

    finding = check_stack("S", describe_stack(cloudformation, "S"))

    assert finding.status is Status.WARNING
    assert "make deploy" in finding.advice


def test_stack_that_may_not_be_seen(stub):
    cloudformation, stubber = stub("cloudformation")
    stubber.add_client_error("describe_stacks", "AccessDenied")

    (finding,) = checked("stack", lambda: [check_stack("S", describe_stack(cloudformation, "S"))])

    assert finding.status is Status.SKIPPED


def test_differences_are_named_one_by_one():
    deployed = copy.deepcopy(TEMPLATE)
    deployed["Resources"] = {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": "other", "Gone": 1},
            "DeletionPolicy": "Retain",
        },
        "Old": {"Type": "AWS::SNS::Topic"},
    }
    code = copy.deepcopy(TEMPLATE)
    code["Resources"]["New"] = {"Type": "AWS::SQS::Queue"}
    code["Outputs"] = {"Name": {"Value": "x"}}

    assert template_differences(deployed, code) == [
        "Bucket (AWS::S3::Bucket) differs in DeletionPolicy, Properties.BucketName, "
        "Properties.Gone",
        "New (AWS::SQS::Queue) is in the code only",
        "Old (AWS::SNS::Topic) is deployed only",
        "Outputs.Name differs",
    ]


def test_what_is_no_difference():
    deployed, code = copy.deepcopy(TEMPLATE), copy.deepcopy(TEMPLATE)
    deployed["Resources"]["Bucket"]["Metadata"] = {"aws:cdk:path": "a"}
    deployed["Resources"]["CDKMetadata"] = {"Type": "AWS::CDK::Metadata"}
    deployed["Resources"]["Bucket"]["Properties"]["Text"] = "caf?"
    code["Resources"]["Bucket"]["Properties"]["Text"] = "café"

    assert template_differences(deployed, code) == []


@pytest.mark.parametrize("is_changed", [False, True])
def test_deployed_template_is_compared_with_the_code(stub, assembly, is_changed):
    deployed = copy.deepcopy(TEMPLATE)
    if is_changed:
        del deployed["Mappings"]["Registry"]
    cloudformation, stubber = stub("cloudformation")
    stubber.add_response(
        "get_template",
        {"TemplateBody": json.dumps(deployed)},
        {"StackName": "S", "TemplateStage": "Original"},
    )

    (finding,) = check_code(cloudformation, "S", assembly)

    assert finding.status == ("warning" if is_changed else "ok")
    assert ("Mappings.Registry" in finding.found) == is_changed


def test_yaml_template_is_no_deployment_of_the_cdk(stub, assembly):
    cloudformation, stubber = stub("cloudformation")
    stubber.add_response("get_template", {"TemplateBody": "Resources: {}"})

    (finding,) = check_code(cloudformation, "S", assembly)

    assert finding.status is Status.WARNING
    assert "not deployed by the CDK" in finding.found


@pytest.mark.parametrize(("code", "text"), [("AccessDenied", "cloudformation:GetTemplate")])
def test_template_that_may_not_be_read(stub, assembly, code, text):
    cloudformation, stubber = stub("cloudformation")
    stubber.add_client_error("get_template", code)

    (finding,) = checked("code", lambda: check_code(cloudformation, "S", assembly))

    assert finding.status is Status.SKIPPED
    assert text in finding.found


def test_drift_that_nobody_looked_for(stub):
    cloudformation, _ = stub("cloudformation")

    (finding,) = check_drift(cloudformation, "S", {"DriftInformation": {}})

    assert finding.status is Status.SKIPPED
    assert "detect-stack-drift --stack-name S" in finding.advice


def test_no_drift(stub):
    cloudformation, _ = stub("cloudformation")
    at = dt.datetime(2026, 11, 22, 8, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    information = {"StackDriftStatus": "IN_SYNC", "LastCheckTimestamp": at}

    (finding,) = check_drift(cloudformation, "S", {"DriftInformation": information})

    assert finding.status is Status.OK
    assert "2026-11-22 06:00 UTC" in finding.found


def test_drift_names_the_resources(stub):
    cloudformation, stubber = stub("cloudformation")
    stubber.add_response(
        "describe_stack_resource_drifts",
        {
            "StackResourceDrifts": [
                {
                    "StackId": "S",
                    "LogicalResourceId": "Bucket",
                    "ResourceType": "AWS::S3::Bucket",
                    "StackResourceDriftStatus": "MODIFIED",
                    "Timestamp": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
                }
            ]
        },
    )

    drift = {"DriftInformation": {"StackDriftStatus": "DRIFTED"}}
    (finding,) = check_drift(cloudformation, "S", drift)

    assert finding.status is Status.WARNING
    assert "Bucket (AWS::S3::Bucket) was modified by hand" in finding.found
