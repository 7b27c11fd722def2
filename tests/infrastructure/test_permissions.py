"""Who may do what: no wildcards without a reason, and all that the work needs."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.permissions import dataset_access
from recommender.run_layout import SPLITS, RunLayout
from tests.infrastructure.conftest import Template, resources_of

# Actions for which IAM knows no resource.
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments": "traces have no ARN",
    "xray:PutTelemetryRecords": "traces have no ARN",
    "xray:GetSamplingRules": "sampling rules are read as a whole",
    "xray:GetSamplingTargets": "sampling rules are read as a whole",
    "logs:CreateLogDelivery": "deliveries have no ARN",
    "logs:GetLogDelivery": "deliveries have no ARN",
    "logs:UpdateLogDelivery": "deliveries have no ARN",
    "logs:DeleteLogDelivery": "deliveries have no ARN",
    "logs:ListLogDeliveries": "deliveries have no ARN",
    "logs:PutResourcePolicy": "CloudWatch Logs' policies belong to the account",
    "logs:DescribeResourcePolicies": "CloudWatch Logs' policies belong to the account",
    "logs:DescribeLogGroups": "is asked for the account",
    "ecr:GetAuthorizationToken": "a token is for the registry as a whole",
    "cloudwatch:PutMetricData": "metrics have no ARN; limited to a namespace by a condition",
}
LAYOUT = RunLayout("20261122t063156-1a2b3c")


def statements(template: Template, role: str = "") -> Iterator[dict[str, Any]]:
    """Statements of the policies whose construct path contains `role`."""
    count = 0
    for policy in resources_of(template, "AWS::IAM::Policy").values():
        if role in policy["Metadata"]["aws:cdk:path"]:
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                count += 1
                yield statement
    assert count, f"no statements for {role!r}"


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_no_action_is_a_wildcard(template: Template) -> None:
    actions = {action for s in statements(template) for action in listed(s["Action"])}

    assert [action for action in actions if "*" in action] == []


def test_resource_wildcards_have_a_reason(template: Template) -> None:
    unreasoned = {
        action
        for statement in statements(template)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
        if action not in WITHOUT_RESOURCE
    }

    assert unreasoned == set()


def test_metrics_are_limited_to_sagemakers_namespaces(template: Template) -> None:
    (statement,) = (
        s for s in statements(template) if "cloudwatch:PutMetricData" in listed(s["Action"])
    )

    assert statement["Condition"] == {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}


def test_only_the_execution_role_is_passed_and_only_to_sagemaker(template: Template) -> None:
    passed = [s for s in statements(template) if "iam:PassRole" in listed(s["Action"])]

    assert passed
    for statement in passed:
        assert statement["Action"] == "iam:PassRole"
        assert statement["Condition"] == {
            "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
        }
        (role,) = listed(statement["Resource"])
        path = template["Resources"][role["Fn::GetAtt"][0]]["Metadata"]["aws:cdk:path"]
        assert path == "VideoRecommender/SageMakerExecution/Role/Resource"


def test_no_role_has_broad_managed_policies(template: Template) -> None:
    managed = json.dumps(
        [
            role["Properties"].get("ManagedPolicyArns", [])
            for role in resources_of(template, "AWS::IAM::Role").values()
        ]
    )

    assert "FullAccess" not in managed
    assert "Administrator" not in managed


@pytest.mark.parametrize("kind", ["TrainingJob", "HyperParameterTuningJob", "TransformJob"])
def test_machine_may_start_watch_stop_and_tag_jobs(template: Template, kind: str) -> None:
    allowed = {
        action
        for statement in statements(template, "Workflow")
        if f"sagemaker:Create{kind}" in listed(statement["Action"])
        for action in listed(statement["Action"])
    }

    assert allowed == {
        f"sagemaker:Create{kind}",
        f"sagemaker:Describe{kind}",
        f"sagemaker:Stop{kind}",
        "sagemaker:AddTags",
        "sagemaker:ListTags",
    }


def test_machine_may_manage_the_rules_that_tell_it_of_ended_jobs(template: Template) -> None:
    (statement,) = (
        s for s in statements(template, "Workflow") if "events:PutRule" in listed(s["Action"])
    )

    rules = sorted(join(resource).rpartition("/")[2] for resource in statement["Resource"])
    assert rules == [
        "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
        "StepFunctionsGetEventsForSageMakerTransformJobsRule",
        "StepFunctionsGetEventsForSageMakerTuningJobsRule",
    ]


@pytest.mark.parametrize(
    ("role", "action", "keys"),
    [
        (
            "Preprocess",
            "s3:PutObject",
            [
                *(LAYOUT.ratings_key(s, 0) for s in SPLITS),
                LAYOUT.customers_key,
                LAYOUT.videos_key,
                LAYOUT.accounting_key,
            ],
        ),
        ("Preprocess", "s3:GetObject", ["raw/ratings/reviews.tsv.gz"]),
        ("ConvertRecordIO", "s3:GetObject", [*(LAYOUT.ratings_key(s, 0) for s in SPLITS)]),
        ("ConvertRecordIO", "s3:PutObject", [LAYOUT.recordio_key(s, 0) for s in SPLITS]),
        ("SageMakerExecution", "s3:GetObject", [LAYOUT.recordio_key(s, 0) for s in SPLITS]),
        (
            "SageMakerExecution",
            "s3:PutObject",
            [f"{LAYOUT.model_prefix}job/output/model.tar.gz", LAYOUT.prediction_key(0)],
        ),
        (
            "Evaluate",
            "s3:GetObject",
            [LAYOUT.prediction_key(0), LAYOUT.ratings_key("test", 0), LAYOUT.customers_key],
        ),
        ("Evaluate", "s3:PutObject", [LAYOUT.evaluation_key]),
        ("Workflow", "s3:PutObject", ["models/accepted.json"]),
    ],
)
def test_everyone_may_touch_the_objects_of_their_step(
    template: Template, role: str, action: str, keys: list[str]
) -> None:
    patterns = key_patterns(template, role, action)

    for key in keys:
        assert any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns), key


@pytest.mark.parametrize("role", ["Preprocess", "ConvertRecordIO", "Evaluate", "SageMaker"])
def test_only_the_machine_may_replace_the_model_in_use(template: Template, role: str) -> None:
    for pattern in key_patterns(template, role, "s3:PutObject"):
        assert not fnmatch.fnmatchcase("models/accepted.json", pattern)
        assert not fnmatch.fnmatchcase("raw/ratings", pattern)


def key_patterns(template: Template, role: str, action: str) -> list[str]:
    return [
        join(resource).partition("/")[2]
        for statement in statements(template, role)
        if action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]


def join(resource: dict[str, Any]) -> str:
    parts = resource["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else "<token>" for part in parts)


def test_data_sets_elsewhere_can_be_allowed() -> None:
    listing, reading = (
        statement.to_statement_json()
        for statement in dataset_access(["s3://shared/reviews/", "s3://shared/movielens/u.data"])
    )

    assert [text.rpartition(":")[2] for text in listed(listing["Resource"])] == ["shared"]
    assert [text.rpartition(":")[2] for text in reading["Resource"]] == [
        "shared/reviews/*",
        "shared/movielens/u.data*",
    ]
    assert dataset_access([]) == []
