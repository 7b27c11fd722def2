"""The stack with a key of its own, a private network, isolation and a boundary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.snapshots import readable_definition
from tests.infrastructure.conftest import Template, load_template, resources_of
from tests.infrastructure.synthesis import synthesize

BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
SUBNETS, GROUPS = ["subnet-12345678", "subnet-87654321"], ["sg-12345678"]
SETTINGS = {
    "name_prefix": "secured-",
    "kms_key": "stack",
    "network": {"vpc_id": "vpc-12345678", "subnet_ids": SUBNETS, "security_group_ids": GROUPS},
    "network_isolation": True,
    "permissions_boundary": BOUNDARY,
    "functions": {"Preprocess": {"memory_mib": 6144, "disk_mib": 8192, "timeout_seconds": 600}},
}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("secured")
    completed = synthesize(folder, CDK_CONTEXT_JSON=json.dumps({"settings": SETTINGS}))
    assert completed.returncode == 0, completed.stderr
    return load_template(folder / "assembly")


@pytest.fixture(scope="module")
def states(secured: Template) -> dict[str, Any]:
    found: dict[str, Any] = readable_definition(secured)["States"]
    return found


def key_of(template: Template) -> dict[str, Any]:
    (logical_id,) = resources_of(template, "AWS::KMS::Key")
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def test_the_stack_has_the_prefix(tmp_path: Path) -> None:
    context = json.dumps({"settings": {"name_prefix": "mine-"}})
    assert synthesize(tmp_path, CDK_CONTEXT_JSON=context).returncode == 0

    manifest = json.loads((tmp_path / "assembly" / "manifest.json").read_text("utf-8"))

    properties = manifest["artifacts"]["VideoRecommender"]["properties"]
    assert properties["stackName"] == "mine-VideoRecommender"


def test_every_role_has_the_boundary(secured: Template) -> None:
    for name, role in resources_of(secured, "AWS::IAM::Role").items():
        assert role["Properties"]["PermissionsBoundary"] == BOUNDARY, name


def test_every_log_and_the_bucket_have_the_key(secured: Template) -> None:
    for name, group in resources_of(secured, "AWS::Logs::LogGroup").items():
        assert group["Properties"]["KmsKeyId"] == key_of(secured), name
    (bucket,) = resources_of(secured, "AWS::S3::Bucket").values()
    (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["BucketKeyEnabled"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": key_of(secured),
    }


def test_functions_are_in_the_network_and_sized_as_chosen(secured: Template) -> None:
    functions = resources_of(secured, "AWS::Lambda::Function")
    for name, function in functions.items():
        assert function["Properties"]["VpcConfig"] == {
            "SecurityGroupIds": GROUPS,
            "SubnetIds": SUBNETS,
        }, name
        assert function["Properties"]["KmsKeyArn"] == key_of(secured), name
    (preprocess,) = (f for name, f in functions.items() if name.startswith("Preprocess"))
    assert preprocess["Properties"]["MemorySize"] == 6144
    assert preprocess["Properties"]["EphemeralStorage"] == {"Size": 8192}
    assert preprocess["Properties"]["Timeout"] == 600


def test_jobs_are_in_the_network_isolated_and_encrypted(states: dict[str, Any]) -> None:
    training = states["TrainModel"]["Parameters"]
    trial = states["TuneModel"]["Parameters"]["TrainingJobDefinition"]
    model = states["CreateModel"]["Parameters"]
    transform = states["TransformTestSet"]["Parameters"]

    for job in (training, trial, model):
        assert job["EnableNetworkIsolation"] is True
        assert job["VpcConfig"] == {"Subnets": SUBNETS, "SecurityGroupIds": GROUPS}
    for job in (training, trial):
        assert job["EnableInterContainerTrafficEncryption"] is True
        assert job["ResourceConfig"]["VolumeKmsKeyId"] == job["OutputDataConfig"]["KmsKeyId"]
    resources, output = transform["TransformResources"], transform["TransformOutput"]
    assert resources["VolumeKmsKeyId"] == output["KmsKeyId"]
    assert output["KmsKeyId"] == training["OutputDataConfig"]["KmsKeyId"]
