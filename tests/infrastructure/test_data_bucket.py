"""The data bucket keeps data safe, and gets rid of it when told to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from infra.application import default_context
from infra.settings import DeploymentSettings
from infra.stacks.recommender_stack import VideoRecommenderStack
from tests.infrastructure.conftest import Template, load_template, resources_of


@pytest.fixture
def bucket(template: Template) -> dict[str, Any]:
    (bucket,) = resources_of(template, "AWS::S3::Bucket").values()
    return bucket


@pytest.fixture(scope="module")
def throwaway(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Template of a deployment that may be deleted without a trace."""
    folder = tmp_path_factory.mktemp("throwaway")
    app = App(context=default_context(), outdir=str(folder), analytics_reporting=False)
    settings = DeploymentSettings(
        removal_policy="destroy",
        log_retention_days=7,
        lambda_architecture="x86_64",
        run_expiration_days=3,
        tags={"team": "recommendations"},
        dataset_uris=["s3://shared/reviews/"],
    )
    VideoRecommenderStack(app, settings=settings)
    app.synth()
    return load_template(Path(folder))


def test_bucket_is_encrypted_versioned_and_closed(bucket: dict[str, Any]) -> None:
    properties = bucket["Properties"]
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4


def test_bucket_refuses_requests_without_tls(template: Template) -> None:
    (policy,) = resources_of(template, "AWS::S3::BucketPolicy").values()
    denied = [
        statement["Condition"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Principal"] == {"AWS": "*"}
    ]

    assert {"Bool": {"aws:SecureTransport": "false"}} in denied


def test_old_runs_versions_and_broken_uploads_expire(bucket: dict[str, Any]) -> None:
    rules = {rule["Id"]: rule for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]}

    assert rules["ExpireRuns"]["Prefix"] == "runs/"
    assert rules["ExpireRuns"]["ExpirationInDays"] == 90
    noncurrent = rules["ExpireNoncurrentVersions"]["NoncurrentVersionExpiration"]
    assert noncurrent == {"NoncurrentDays": 30}
    abort = rules["AbortIncompleteUploads"]["AbortIncompleteMultipartUpload"]
    assert abort == {"DaysAfterInitiation": 7}
    assert all(rule["Status"] == "Enabled" for rule in rules.values())


def test_data_and_logs_survive_the_stack_by_default(
    template: Template, bucket: dict[str, Any]
) -> None:
    kept = [bucket, *resources_of(template, "AWS::Logs::LogGroup").values()]

    assert {resource["DeletionPolicy"] for resource in kept} == {"Retain"}
    assert "Custom::S3AutoDeleteObjects" not in json.dumps(template)


def test_setting_destroy_empties_and_removes_the_bucket(throwaway: Template) -> None:
    (bucket,) = resources_of(throwaway, "AWS::S3::Bucket").values()
    removed = [bucket, *resources_of(throwaway, "AWS::Logs::LogGroup").values()]

    assert {resource["DeletionPolicy"] for resource in removed} == {"Delete"}
    assert len(resources_of(throwaway, "Custom::S3AutoDeleteObjects")) == 1


def test_settings_reach_the_resources(throwaway: Template, template: Template) -> None:
    (bucket,) = resources_of(throwaway, "AWS::S3::Bucket").values()
    functions = [
        function["Properties"]
        for function in resources_of(throwaway, "AWS::Lambda::Function").values()
        if function["Properties"]["Handler"].startswith("lambdas.")
    ]
    rules = {rule["Id"]: rule for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]}
    retentions = {
        group["Properties"]["RetentionInDays"]
        for group in resources_of(throwaway, "AWS::Logs::LogGroup").values()
    }

    assert rules["ExpireRuns"]["ExpirationInDays"] == 3
    assert retentions == {7}
    assert {tuple(function["Architectures"]) for function in functions} == {("x86_64",)}
    assert {"Key": "team", "Value": "recommendations"} in bucket["Properties"]["Tags"]
    assert ":s3:::shared/reviews/*" in json.dumps(throwaway)
    assert layer_keys(throwaway).isdisjoint(layer_keys(template))


def layer_keys(template: Template) -> set[str]:
    layers = resources_of(template, "AWS::Lambda::LayerVersion").values()
    return {layer["Properties"]["Content"]["S3Key"] for layer in layers}


def test_code_is_the_same_whatever_the_settings(throwaway: Template, template: Template) -> None:
    assert code_keys(throwaway) == code_keys(template)


def code_keys(template: Template) -> set[str]:
    return {
        function["Properties"]["Code"]["S3Key"]
        for function in resources_of(template, "AWS::Lambda::Function").values()
        if function["Properties"]["Handler"].startswith("lambdas.")
    }
