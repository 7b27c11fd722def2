"""Stacks and change sets behave as AWS documents: statuses, events, rollback, parameters."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core import utils as moto_utils

from embedded_aws.server import EmbeddedAws

Resource = dict[str, Any]
NO_CHANGES = "The submitted information didn't contain changes."


@pytest.fixture
def cloudformation(aws: EmbeddedAws) -> Any:
    return aws.client("cloudformation")


@pytest.fixture
def name() -> str:
    return f"stack-{uuid.uuid4().hex[:8]}"


def topic(**properties: Any) -> Resource:
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


def group(**properties: Any) -> Resource:
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties}


# Step Functions refuses it, so it fails after what it depends on is made.
def broken(*after: str) -> Resource:
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "DependsOn": list(after),
        "Properties": {"DefinitionString": '{"StartAt": "A"}', "RoleArn": "arn:aws:iam::1:role/r"},
    }


def body(resources: dict[str, Resource], **sections: Any) -> str:
    return json.dumps({"Resources": resources, **sections})


def describe(cloudformation: Any, name: str) -> dict[str, Any]:
    stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return stack


def events(cloudformation: Any, name: str) -> list[tuple[str, str]]:
    found = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return [(e["LogicalResourceId"], e["ResourceStatus"]) for e in reversed(found)]


def ids(cloudformation: Any, name: str) -> dict[str, str]:
    found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found}


def test_change_set_creates_a_stack_with_outputs(cloudformation: Any, name: str) -> None:
    template = body(
        {"Topic": topic(DisplayName="one")}, Outputs={"Arn": {"Value": {"Ref": "Topic"}}}
    )
    made = cloudformation.create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=template
    )
    assert describe(cloudformation, name)["StackStatus"] == "REVIEW_IN_PROGRESS"
    shown = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (shown["Status"], shown["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert [c["ResourceChange"]["Action"] for c in shown["Changes"]] == ["Add"]

    cloudformation.execute_change_set(ChangeSetName="first", StackName=name)

    stack = describe(cloudformation, name)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"] == [
        {"OutputKey": "Arn", "OutputValue": ids(cloudformation, name)["Topic"]}
    ]
    assert cloudformation.get_template(StackName=name)["TemplateBody"]["Resources"]
    assert events(cloudformation, name) == [
        (name, "REVIEW_IN_PROGRESS"),
        (name, "CREATE_IN_PROGRESS"),
        ("Topic", "CREATE_IN_PROGRESS"),
        ("Topic", "CREATE_COMPLETE"),
        (name, "CREATE_COMPLETE"),
    ]
    executed = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert executed["ExecutionStatus"] == "EXECUTE_COMPLETE"
    with pytest.raises(ClientError, match="cannot be executed in its current execution status"):
        cloudformation.execute_change_set(ChangeSetName=made["Id"])


def test_change_set_lists_what_changes_and_what_is_replaced(cloudformation: Any, name: str) -> None:
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=body(
            {"Keep": topic(), "Change": topic(DisplayName="a"), "Name": topic(), "Gone": topic()}
        ),
    )
    before = ids(cloudformation, name)
    cloudformation.create_change_set(
        StackName=name,
        ChangeSetName="second",
        ChangeSetType="UPDATE",
        TemplateBody=body(
            {
                "Keep": topic(),
                "Change": topic(DisplayName="b"),
                "Name": topic(TopicName=f"{name}-renamed"),
                "New": topic(DisplayName={"Fn::GetAtt": ["Name", "TopicName"]}),
            }
        ),
    )

    shown = cloudformation.describe_change_set(ChangeSetName="second", StackName=name)

    changes = {
        c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in shown["Changes"]
    }
    assert {key: change["Action"] for key, change in changes.items()} == {
        "Change": "Modify",
        "Name": "Modify",
        "New": "Add",
        "Gone": "Remove",
    }
    assert (changes["Change"]["Replacement"], changes["Name"]["Replacement"]) == ("False", "True")
    assert changes["Change"]["PhysicalResourceId"] == before["Change"]
    assert changes["Change"]["Scope"] == ["Properties"]
    assert changes["Change"]["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "DisplayName",
        "RequiresRecreation": "Never",
    }
    assert changes["Name"]["Details"][0]["Target"]["RequiresRecreation"] == "Always"

    cloudformation.execute_change_set(ChangeSetName="second", StackName=name)

    after = ids(cloudformation, name)
    assert describe(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"
    assert (after["Keep"], after["Change"]) == (before["Keep"], before["Change"])
    assert after["Name"].endswith(f"{name}-renamed")
    happened = events(cloudformation, name)
    cleanup = happened.index((name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert {("Name", "DELETE_COMPLETE"), ("Gone", "DELETE_COMPLETE")} <= set(happened[cleanup:])
    assert "Gone" not in after


def test_what_refers_to_a_replaced_resource_changes_with_it(
    aws: EmbeddedAws, cloudformation: Any, name: str
) -> None:
    def resources(**named: str) -> dict[str, Resource]:
        return {
            "Name": topic(**named),
            "Reader": topic(DisplayName={"Fn::GetAtt": ["Name", "TopicName"]}),
        }

    cloudformation.create_stack(StackName=name, TemplateBody=body(resources()))
    renamed = body(resources(TopicName=f"{name}-b"))
    cloudformation.create_change_set(
        StackName=name, ChangeSetName="c", ChangeSetType="UPDATE", TemplateBody=renamed
    )
    shown = cloudformation.describe_change_set(ChangeSetName="c", StackName=name)
    reader = next(
        c["ResourceChange"]
        for c in shown["Changes"]
        if c["ResourceChange"]["LogicalResourceId"] == "Reader"
    )
    assert reader["Details"][0]["Evaluation"] == "Dynamic"

    cloudformation.execute_change_set(ChangeSetName="c", StackName=name)

    reader_arn = ids(cloudformation, name)["Reader"]
    attributes = aws.client("sns").get_topic_attributes(TopicArn=reader_arn)["Attributes"]
    assert attributes["DisplayName"] == f"{name}-b"


def test_change_set_without_changes_fails_with_the_reason(cloudformation: Any, name: str) -> None:
    reader = topic(DisplayName={"Fn::GetAtt": ["Topic", "TopicName"]})
    template = body({"Topic": topic(), "Reader": reader})
    cloudformation.create_stack(StackName=name, TemplateBody=template)

    made = cloudformation.create_change_set(
        StackName=name, ChangeSetName="same", ChangeSetType="UPDATE", TemplateBody=template
    )

    shown = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (shown["Status"], shown["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert shown["StatusReason"].startswith(NO_CHANGES)
    with pytest.raises(ClientError, match="No updates are to be performed"):
        cloudformation.update_stack(StackName=name, TemplateBody=template)


@pytest.mark.parametrize(
    "change",
    [
        {"Tags": [{"Key": "team", "Value": "b"}]},
        {"TemplateBody": body({"Topic": topic()}, Outputs={"A": {"Value": "new"}})},
        {"TemplateBody": body({"Topic": {**topic(), "DeletionPolicy": "Retain"}})},
        {"TemplateBody": body({"Topic": {**topic(), "Metadata": {"a": 1}}})},
    ],
    ids=["tags", "outputs", "deletion policy", "metadata"],
)
def test_tags_outputs_and_attributes_are_changes_too(
    cloudformation: Any, name: str, change: dict[str, Any]
) -> None:
    template = body({"Topic": topic()})
    cloudformation.create_stack(StackName=name, TemplateBody=template)

    cloudformation.update_stack(StackName=name, **{"TemplateBody": template, **change})

    assert describe(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"


def test_tags_of_a_stack_without_taggable_resources_are_a_change(
    cloudformation: Any, name: str
) -> None:
    dashboard = {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{}"}}
    template = body({"Dashboard": dashboard})
    cloudformation.create_stack(StackName=name, TemplateBody=template)

    tags = [{"Key": "team", "Value": "b"}]
    cloudformation.update_stack(StackName=name, TemplateBody=template, Tags=tags)

    assert describe(cloudformation, name)["Tags"] == tags


def test_stack_tags_reach_the_resources(aws: EmbeddedAws, cloudformation: Any, name: str) -> None:
    template = body({"Topic": topic(Tags=[{"Key": "own", "Value": "1"}])})
    tags = [{"Key": "team", "Value": "a"}, {"Key": "own", "Value": "stack"}]

    cloudformation.create_stack(StackName=name, TemplateBody=template, Tags=tags)

    arn = ids(cloudformation, name)["Topic"]
    found = aws.client("sns").list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in found} == {"own": "1", "team": "a"}


def test_deleted_change_set_is_gone_and_deleting_it_again_is_no_error(
    cloudformation: Any, name: str
) -> None:
    made = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName="dropped",
        ChangeSetType="CREATE",
        TemplateBody=body({"Topic": topic()}),
    )
    listed = cloudformation.list_change_sets(StackName=name)["Summaries"]
    assert [c["ChangeSetId"] for c in listed] == [made["Id"]]

    for _ in range(2):
        cloudformation.delete_change_set(ChangeSetName="dropped", StackName=name)

    with pytest.raises(cloudformation.exceptions.ChangeSetNotFoundException):
        cloudformation.describe_change_set(ChangeSetName="dropped", StackName=name)
    cloudformation.delete_stack(StackName=name)
    with pytest.raises(ClientError, match="does not exist"):
        describe(cloudformation, name)


def test_failed_creation_rolls_back_and_says_why(
    aws: EmbeddedAws, cloudformation: Any, name: str
) -> None:
    template = body(
        {
            "Topic": topic(TopicName=f"{name}-topic"),
            "Kept": {**topic(TopicName=f"{name}-kept"), "DeletionPolicy": "Retain"},
            "Broken": broken("Topic", "Kept"),
        }
    )

    cloudformation.create_stack(StackName=name, TemplateBody=template)

    assert describe(cloudformation, name)["StackStatus"] == "ROLLBACK_COMPLETE"
    found = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    reasons = {
        (e["LogicalResourceId"], e["ResourceStatus"]): e.get("ResourceStatusReason") for e in found
    }
    assert "CreateStateMachine" in reasons["Broken", "CREATE_FAILED"]
    assert "[Broken]" in reasons[name, "ROLLBACK_IN_PROGRESS"]
    assert ("Kept", "DELETE_SKIPPED") in reasons
    topics = [t["TopicArn"].rpartition(":")[2] for t in aws.client("sns").list_topics()["Topics"]]
    assert f"{name}-kept" in topics
    assert f"{name}-topic" not in topics
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        cloudformation.update_stack(StackName=name, TemplateBody=body({"Topic": topic()}))
    cloudformation.delete_stack(StackName=name)


def test_failed_creation_without_rollback_leaves_what_there_is(
    cloudformation: Any, name: str
) -> None:
    template = body({"Topic": topic(), "Broken": broken("Topic")})

    cloudformation.create_stack(StackName=name, TemplateBody=template, DisableRollback=True)

    assert describe(cloudformation, name)["StackStatus"] == "CREATE_FAILED"
    assert set(ids(cloudformation, name)) == {"Topic"}
    cloudformation.update_stack(StackName=name, TemplateBody=body({"Topic": topic()}, Outputs={}))
    assert describe(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"


def test_failed_update_restores_what_there_was(
    aws: EmbeddedAws, cloudformation: Any, name: str
) -> None:
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=body(
            {"Group": group(RetentionInDays=30), "Name": topic(), "Gone": topic()},
            Outputs={"Version": {"Value": "old"}},
        ),
    )
    before = ids(cloudformation, name)

    cloudformation.update_stack(
        StackName=name,
        TemplateBody=body(
            {
                "Group": group(RetentionInDays=7),
                "Name": topic(TopicName=f"{name}-new"),
                "Added": topic(TopicName=f"{name}-added"),
                "Broken": broken("Group", "Name", "Added"),
            },
            Outputs={"Version": {"Value": "new"}},
        ),
    )

    stack = describe(cloudformation, name)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == "old"
    assert ids(cloudformation, name) == before
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=before["Group"])
    assert groups["logGroups"][0]["retentionInDays"] == 30
    topics = {t["TopicArn"] for t in aws.client("sns").list_topics()["Topics"]}
    assert {before["Name"], before["Gone"]} <= topics
    assert not [arn for arn in topics if arn.endswith((f"{name}-new", f"{name}-added"))]
    assert "old" in json.dumps(cloudformation.get_template(StackName=name)["TemplateBody"])
    cloudformation.update_stack(StackName=name, TemplateBody=body({"Name": topic()}))
    assert describe(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"


def test_failed_update_without_rollback_goes_on_later(
    aws: EmbeddedAws, cloudformation: Any, name: str
) -> None:
    cloudformation.create_stack(
        StackName=name, TemplateBody=body({"Group": group(RetentionInDays=30)})
    )

    cloudformation.update_stack(
        StackName=name,
        TemplateBody=body({"Group": group(RetentionInDays=7), "Broken": broken("Group")}),
        DisableRollback=True,
    )

    assert describe(cloudformation, name)["StackStatus"] == "UPDATE_FAILED"
    group_name = ids(cloudformation, name)["Group"]
    found = aws.client("logs").describe_log_groups(logGroupNamePrefix=group_name)
    assert found["logGroups"][0]["retentionInDays"] == 7
    cloudformation.update_stack(
        StackName=name, TemplateBody=body({"Group": group(RetentionInDays=3)})
    )
    assert describe(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"


def test_custom_named_resource_is_not_replaced_by_one_of_its_name(
    cloudformation: Any, name: str
) -> None:
    def role(path: str) -> str:
        properties = {"RoleName": name, "Path": path, "AssumeRolePolicyDocument": {}}
        return body({"Role": {"Type": "AWS::IAM::Role", "Properties": properties}})

    named = ["CAPABILITY_NAMED_IAM"]
    cloudformation.create_stack(StackName=name, TemplateBody=role("/a/"), Capabilities=named)

    cloudformation.update_stack(StackName=name, TemplateBody=role("/b/"), Capabilities=named)

    assert describe(cloudformation, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    found = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert any("custom-named resource" in e.get("ResourceStatusReason", "") for e in found)


def test_full_bucket_fails_the_deletion_and_can_be_retained(
    aws: EmbeddedAws, cloudformation: Any, name: str
) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {}}
    cloudformation.create_stack(
        StackName=name, TemplateBody=body({"Bucket": bucket, "Topic": topic()})
    )
    bucket_name = ids(cloudformation, name)["Bucket"]
    aws.client("s3").put_object(Bucket=bucket_name, Key="k", Body=b"")

    cloudformation.delete_stack(StackName=name)

    stack = describe(cloudformation, name)
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert "[Bucket]" in stack["StackStatusReason"]
    assert set(ids(cloudformation, name)) == {"Bucket"}
    found = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert any("not empty" in e.get("ResourceStatusReason", "") for e in found)

    cloudformation.delete_stack(StackName=name, RetainResources=["Bucket"])

    assert describe(cloudformation, stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert aws.client("s3").get_object(Bucket=bucket_name, Key="k")["Body"].read() == b""


def test_resources_are_deleted_after_those_that_need_them(cloudformation: Any, name: str) -> None:
    template = body(
        {
            "First": topic(),
            "Second": topic(DisplayName={"Fn::GetAtt": ["First", "TopicName"]}),
            "Third": {**topic(DisplayName={"Fn::Sub": "${Second.TopicName}"})},
            "Before": {**topic(), "DependsOn": "Third"},
        }
    )
    stack_id = cloudformation.create_stack(StackName=name, TemplateBody=template)["StackId"]

    cloudformation.delete_stack(StackName=name)

    happened = events(cloudformation, stack_id)
    made = [key for key, status in happened if status == "CREATE_COMPLETE" and key != name]
    deleted = [key for key, status in happened if status == "DELETE_COMPLETE" and key != name]
    assert made == ["First", "Second", "Third", "Before"]
    assert deleted == made[::-1]


def test_deletion_policy_retain_keeps_the_resource(
    aws: EmbeddedAws, cloudformation: Any, name: str
) -> None:
    kept = {**group(LogGroupName=name), "DeletionPolicy": "Retain"}
    stack_id = cloudformation.create_stack(StackName=name, TemplateBody=body({"Kept": kept}))

    cloudformation.delete_stack(StackName=name)

    assert ("Kept", "DELETE_SKIPPED") in events(cloudformation, stack_id["StackId"])
    assert aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]


def test_protected_stack_is_not_deleted(cloudformation: Any, name: str) -> None:
    cloudformation.create_stack(
        StackName=name, TemplateBody=body({"Topic": topic()}), EnableTerminationProtection=True
    )

    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName=name)

    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName=name)
    assert name not in [s["StackName"] for s in cloudformation.describe_stacks()["Stacks"]]


def test_parameters_come_from_the_request_the_store_and_the_last_time(
    aws: EmbeddedAws, cloudformation: Any, name: str
) -> None:
    aws.client("ssm").put_parameter(Name=f"/{name}", Value="stored", Type="String")
    template = body(
        {"Topic": topic()},
        Parameters={
            "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": f"/{name}"},
            "Given": {"Type": "String", "Default": "default"},
            "List": {"Type": "CommaDelimitedList", "Default": "a,b"},
            "Secret": {"Type": "String", "NoEcho": True},
        },
        Outputs={
            "Values": {
                "Value": {
                    "Fn::Sub": [
                        "${Stored} ${Given} ${joined}",
                        {"joined": {"Fn::Join": ["+", {"Ref": "List"}]}},
                    ]
                }
            }
        },
    )
    given = [
        {"ParameterKey": "Given", "ParameterValue": "first"},
        {"ParameterKey": "Secret", "ParameterValue": "s"},
    ]
    cloudformation.create_stack(StackName=name, TemplateBody=template, Parameters=given)
    stack = describe(cloudformation, name)
    assert stack["Outputs"][0]["OutputValue"] == "stored first a+b"
    shown = {p["ParameterKey"]: p for p in stack["Parameters"]}
    assert shown["Stored"]["ResolvedValue"] == "stored"
    assert shown["Secret"]["ParameterValue"] == "****"

    cloudformation.update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "Given", "UsePreviousValue": True},
            {"ParameterKey": "Secret", "UsePreviousValue": True},
            {"ParameterKey": "List", "ParameterValue": "c"},
        ],
        Tags=[{"Key": "a", "Value": "b"}],
    )

    assert describe(cloudformation, name)["Outputs"][0]["OutputValue"] == "stored first c"


@pytest.mark.parametrize(
    ("slot", "given", "expected"),
    [
        ({"Type": "String"}, None, r"Parameters: \[P\] must have values"),
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "must be one of AllowedValues"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "1", "must match pattern"),
        ({"Type": "Number"}, "x", "must be a number"),
        (
            {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/none"},
            None,
            r"Unable to fetch parameters \[/none\]",
        ),
    ],
)
def test_bad_parameters_are_refused(
    cloudformation: Any, name: str, slot: dict[str, Any], given: str | None, expected: str
) -> None:
    parameters = [{"ParameterKey": "P", "ParameterValue": given}] if given else []

    with pytest.raises(ClientError, match=expected):
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=body({"Topic": topic()}, Parameters={"P": slot}),
            Parameters=parameters,
        )

    assert name not in [s["StackName"] for s in cloudformation.describe_stacks()["Stacks"]]


def test_rules_of_a_template_are_checked(cloudformation: Any, name: str) -> None:
    rule = {
        "Assertions": [
            {
                "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "Version"}]}]},
                "AssertDescription": "Version 3 required.",
            }
        ]
    }
    template = body(
        {"Topic": topic()}, Parameters={"Version": {"Type": "String"}}, Rules={"Check": rule}
    )

    def create(version: str) -> None:
        parameters = [{"ParameterKey": "Version", "ParameterValue": version}]
        cloudformation.create_stack(StackName=name, TemplateBody=template, Parameters=parameters)

    with pytest.raises(ClientError, match=r"Version 3 required\."):
        create("2")
    create("3")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{}", "At least one Resources member must be defined"),
        ('{"Resources": {"A": {}}}', "must contain a Type member"),
        (body({"A": {"Type": "AWS::No::Such"}}), r"Unrecognized resource types: \[AWS::No::Such\]"),
        (body({"A": topic(DisplayName={"Ref": "B"})}), r"Unresolved resource dependencies \[B\]"),
        (
            body({"A": topic(), "B": topic()}, Outputs={"O": {"Value": {"Ref": "C"}}}),
            r"Unresolved resource dependencies \[C\] in the Outputs block",
        ),
        (
            body({"A": topic(DisplayName={"Ref": "B"}), "B": topic(DisplayName={"Ref": "A"})}),
            r"Circular dependency between resources: \[A, B\]",
        ),
        (body({"A": topic()}, Transform="AWS::Serverless-2016-10-31"), "section Transform"),
    ],
)
def test_bad_templates_are_refused_before_anything_is_made(
    cloudformation: Any, name: str, template: str, expected: str
) -> None:
    with pytest.raises(ClientError, match=expected):
        cloudformation.create_stack(StackName=name, TemplateBody=template)

    assert name not in [s["StackName"] for s in cloudformation.describe_stacks()["Stacks"]]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (topic(ArchivePolicy={}), "does not offer these properties .*ArchivePolicy"),
        (
            {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": ["r"]}},
            r"required key \[PolicyDocument\] not found",
        ),
    ],
)
def test_properties_without_effect_and_missing_ones_fail_the_resource(
    cloudformation: Any, name: str, resource: Resource, expected: str
) -> None:
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=body({"Bad": resource}),
        Capabilities=["CAPABILITY_IAM"],
        OnFailure="DO_NOTHING",
    )

    found = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failures = {
        e["LogicalResourceId"]: e["ResourceStatusReason"]
        for e in found
        if e["ResourceStatus"] == "CREATE_FAILED"
    }
    assert re.search(expected, failures["Bad"])


def test_iam_resources_must_be_acknowledged(cloudformation: Any, name: str) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": name}}

    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_NAMED_IAM\]"):
        cloudformation.create_stack(
            StackName=name, TemplateBody=body({"R": role}), Capabilities=["CAPABILITY_IAM"]
        )


@pytest.mark.parametrize("style", ["endpoint", "path", "virtual host"])
def test_template_is_read_from_s3_however_its_address_is_written(
    aws: EmbeddedAws, cloudformation: Any, name: str, style: str
) -> None:
    address = {
        "endpoint": f"{aws.endpoint_url}/{name}/folder/template.json",
        "path": f"https://s3.us-east-1.amazonaws.com/{name}/folder/template.json",
        "virtual host": f"https://{name}.s3.us-east-1.amazonaws.com/folder/template.json",
    }[style]
    aws.client("s3").create_bucket(Bucket=name)
    aws.client("s3").put_object(
        Bucket=name, Key="folder/template.json", Body=body({"Topic": topic()})
    )

    cloudformation.create_stack(StackName=name, TemplateURL=address)

    assert describe(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE"


def test_missing_template_is_named(aws: EmbeddedAws, cloudformation: Any, name: str) -> None:
    with pytest.raises(ClientError, match=r"S3 error: .*does not exist.*nowhere/t\.json"):
        cloudformation.create_stack(
            StackName=name, TemplateURL=f"{aws.endpoint_url}/nowhere/t.json"
        )


def test_exports_reach_other_stacks_and_are_kept_while_they_are_used(
    cloudformation: Any, name: str
) -> None:
    export = {"Value": "shared", "Export": {"Name": f"{name}-export"}}
    reader, writer = f"{name}-reader", f"{name}-writer"
    cloudformation.create_stack(
        StackName=writer, TemplateBody=body({"Topic": topic()}, Outputs={"Out": export})
    )
    imported = {"Fn::ImportValue": f"{name}-export"}
    cloudformation.create_stack(
        StackName=reader, TemplateBody=body({"T": topic()}, Outputs={"In": {"Value": imported}})
    )

    assert describe(cloudformation, reader)["Outputs"][0]["OutputValue"] == "shared"
    assert f"{name}-export" in [e["Name"] for e in cloudformation.list_exports()["Exports"]]
    with pytest.raises(ClientError, match=f"in use by {reader}"):
        cloudformation.delete_stack(StackName=writer)
    cloudformation.create_stack(
        StackName=name, TemplateBody=body({"Topic": topic()}, Outputs={"Out": export})
    )
    assert describe(cloudformation, name)["StackStatus"] == "ROLLBACK_COMPLETE"


def test_existing_bucket_is_imported_when_asked_for(
    aws: EmbeddedAws, cloudformation: Any, name: str
) -> None:
    """As `cdk bootstrap` does after its stack was deleted: its bucket stays."""
    aws.client("s3").create_bucket(Bucket=name)
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": name, "VersioningConfiguration": {"Status": "Enabled"}},
        "DeletionPolicy": "Retain",
    }

    def create(**more: Any) -> str:
        stack_name = f"s{uuid.uuid4().hex[:8]}"
        cloudformation.create_change_set(
            StackName=stack_name,
            ChangeSetName="c",
            ChangeSetType="CREATE",
            TemplateBody=body({"Bucket": bucket}),
            **more,
        )
        cloudformation.execute_change_set(ChangeSetName="c", StackName=stack_name)
        return str(describe(cloudformation, stack_name)["StackStatus"])

    assert create() == "ROLLBACK_COMPLETE"
    assert create(ImportExistingResources=True) == "CREATE_COMPLETE"
    assert aws.client("s3").get_bucket_versioning(Bucket=name)["Status"] == "Enabled"


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.list_stack_sets(),
        lambda c: c.create_stack(
            StackName="s", TemplateBody=body({"T": topic()}), NotificationARNs=["arn:aws:sns:x"]
        ),
    ],
    ids=["operation", "parameter"],
)
def test_what_is_not_offered_is_refused_by_name(
    cloudformation: Any, call: Callable[[Any], Any]
) -> None:
    with pytest.raises(ClientError, match=r"does not offer .*(ListStackSets|NotificationARNs)"):
        call(cloudformation)


@pytest.mark.usefixtures("aws")
def test_moto_keeps_its_loader_of_service_models() -> None:
    model = moto_utils._load_service_model("sns", "service-2")

    assert model is moto_utils.create_loader().load_service_model("sns", "service-2")
