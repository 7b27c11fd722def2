"""Definitions of jobs: by the API and by templates."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.iam.role_sessions import LAMBDA, assume
from embedded_aws.role_clients import client_as
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN
from tests.integration.embedded_aws.glue.job_scripts import Jobs, allow, command, make_role

SCRIPT = "s3://glue-code/script.py"
DEFINITION: dict[str, Any] = {"Role": ROLE_ARN, "Command": command(SCRIPT), "GlueVersion": "5.0"}
ARN = "arn:aws:glue:us-east-1:123456789012:job/"


def test_create_describe_update_delete(jobs: Jobs) -> None:
    glue, name = jobs.glue, f"job-{uuid.uuid4()}"
    glue.create_job(Name=name, **DEFINITION, WorkerType="G.2X", NumberOfWorkers=3, Tags={"a": "b"})

    job = glue.get_job(JobName=name)["Job"]
    assert (job["MaxCapacity"], job["AllocatedCapacity"], job["Timeout"]) == (6.0, 6, 480)
    assert (job["ExecutionProperty"], job["MaxRetries"]) == ({"MaxConcurrentRuns": 1}, 0)
    assert "Tags" not in job
    assert glue.list_jobs(Tags={"a": "b"})["JobNames"] == [name]
    assert glue.list_jobs(Tags={"a": "c"})["JobNames"] == []

    glue.update_job(JobName=name, JobUpdate={**DEFINITION, "Description": "new"})
    updated = glue.get_job(JobName=name)["Job"]
    assert (updated["Description"], updated["WorkerType"]) == ("new", "G.1X")
    assert updated["CreatedOn"] == job["CreatedOn"]

    glue.tag_resource(ResourceArn=ARN + name, TagsToAdd={"c": "d"})
    glue.untag_resource(ResourceArn=ARN + name, TagsToRemove=["a"])
    assert glue.get_tags(ResourceArn=ARN + name)["Tags"] == {"c": "d"}

    glue.delete_job(JobName=name)
    glue.delete_job(JobName=name)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_job(JobName=name)


def test_pages(jobs: Jobs) -> None:
    names = {jobs.create("") for _ in range(3)}

    pages = list(jobs.glue.get_paginator("get_jobs").paginate(PaginationConfig={"PageSize": 2}))

    assert all(len(page["Jobs"]) <= 2 for page in pages)
    assert names <= {job["Name"] for page in pages for job in page["Jobs"]}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({}, "AlreadyExistsException"),
        ({"Description": "another"}, "IdempotentParameterMismatchException"),
    ],
)
def test_name_that_is_taken(jobs: Jobs, change: dict[str, str], error: str) -> None:
    name = f"job-{uuid.uuid4()}"
    jobs.glue.create_job(Name=name, **DEFINITION)

    with pytest.raises(ClientError, match=error):
        jobs.glue.create_job(Name=name, **{**DEFINITION, **change})


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"WorkerType": "G.3X"}, "InvalidInputException", "'workerType'"),
        ({"Timeout": 10081}, "InvalidInputException", "at most 10080 minutes"),
        ({"MaxCapacity": 10.0}, "InvalidInputException", "WorkerType"),
        ({"Command": command("script.py")}, "InvalidInputException", "ScriptLocation"),
        ({"Command": {"Name": "pythonshell"}}, "UnsupportedInEmbeddedAws", "pythonshell"),
        ({"GlueVersion": "4.0"}, "UnsupportedInEmbeddedAws", "5.0, 5.1"),
        ({"DefaultArguments": {"--extra-jars": "s3://b/a.jar"}}, "UnsupportedInEmbeddedAws",
         "--extra-jars"),
        ({"DefaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}},
         "UnsupportedInEmbeddedAws", "bookmarks"),
        ({"JobRunQueuingEnabled": True}, "UnsupportedInEmbeddedAws", "queue"),
    ],
)  # fmt: skip
def test_what_is_refused(jobs: Jobs, settings: dict[str, Any], error: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        jobs.glue.create_job(Name=f"job-{uuid.uuid4()}", **{**DEFINITION, **settings})

    found = caught.value.response["Error"]
    assert found["Code"] == error
    assert message in found["Message"]


@pytest.mark.parametrize("missing", ["glue:CreateJob", "glue:TagResource", "iam:PassRole"])
def test_creating_a_job_needs_permissions(aws: EmbeddedAws, jobs: Jobs, missing: str) -> None:
    name = f"job-{uuid.uuid4()}"
    grants = {"glue:CreateJob": ARN + name, "glue:TagResource": ARN + name,
              "iam:PassRole": ROLE_ARN}  # fmt: skip
    others = [allow(action, arn) for action, arn in grants.items() if action != missing]
    role = make_role(aws, *others, service="lambda")
    glue = client_as(assume(role, LAMBDA, name="f", source_arn=""), "us-east-1", "glue")
    request = {"Name": name, **DEFINITION, "Role": ROLE_ARN.rpartition("/")[2], "Tags": {"a": "b"}}

    with pytest.raises(ClientError) as caught:
        glue.create_job(**request)

    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"perform: {missing} on resource: {grants[missing]}" in str(caught.value)


def test_job_of_a_template(aws: EmbeddedAws, jobs: Jobs) -> None:
    cloudformation, stack = aws.client("cloudformation"), f"stack-{uuid.uuid4().hex[:8]}"

    def template(**more: Any) -> str:
        properties = {**DEFINITION, "WorkerType": "G.1X", "NumberOfWorkers": 2, **more}
        job = {"Type": "AWS::Glue::Job", "Properties": properties}
        outputs = {"Name": {"Value": {"Ref": "Preparation"}}}
        return json.dumps({"Resources": {"Preparation": job}, "Outputs": outputs})

    cloudformation.create_stack(
        StackName=stack,
        TemplateBody=template(
            Tags={"team": "a"}, Timeout=60, ExecutionProperty={"MaxConcurrentRuns": 3}
        ),
        Tags=[{"Key": "app", "Value": "x"}],
    )
    (output,) = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    name = output["OutputValue"]
    assert name.startswith(f"{stack}-Preparation-")
    job = jobs.glue.get_job(JobName=name)["Job"]
    assert (job["Timeout"], job["ExecutionProperty"]) == (60, {"MaxConcurrentRuns": 3})
    tags = jobs.glue.get_tags(ResourceArn=ARN + name)["Tags"]
    assert tags == {"app": "x", "team": "a"}

    cloudformation.update_stack(
        StackName=stack,
        TemplateBody=template(Tags={"team": "b"}, NumberOfWorkers=5, Description="d"),
        Tags=[],
    )
    (output,) = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    assert output["OutputValue"] == name
    updated = jobs.glue.get_job(JobName=name)["Job"]
    assert (updated["NumberOfWorkers"], updated["Timeout"]) == (5, 480)
    assert jobs.glue.get_tags(ResourceArn=ARN + name)["Tags"]["team"] == "b"

    cloudformation.delete_stack(StackName=stack)
    assert name not in jobs.glue.list_jobs()["JobNames"]
