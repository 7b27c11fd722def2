"""The objects that every step touches, and what a data set elsewhere takes."""

from __future__ import annotations

import fnmatch

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam

from infra.permissions import allow_datasets
from recommender.run_layout import SPLITS, RunLayout
from tests.infrastructure.conftest import Template, resources_of
from tests.infrastructure.least_privilege.grants import granted

LAYOUT = RunLayout("20261122t063156-1a2b3c")


def key_patterns(template: Template, construct: str, action: str) -> list[str]:
    """Patterns of keys with which the role of a construct may do something."""
    (role,) = (
        name
        for name, resource in resources_of(template, "AWS::IAM::Role").items()
        if f"/{construct}/" in resource["Metadata"]["aws:cdk:path"]
    )
    found = [
        grant.resource.partition("/")[2]
        for grant in granted(template, role)
        if grant.action == action
    ]
    assert found, f"{construct} may not do {action} at all"
    return found


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


@pytest.mark.parametrize(
    "role", ["Preprocess", "ConvertRecordIO", "Evaluate", "SageMakerExecution"]
)
def test_only_the_machine_may_replace_the_model_in_use(template: Template, role: str) -> None:
    for pattern in key_patterns(template, role, "s3:PutObject"):
        assert not fnmatch.fnmatchcase("models/accepted.json", pattern)
        assert not fnmatch.fnmatchcase("raw/ratings", pattern)


@pytest.mark.parametrize(
    ("uris", "buckets", "objects"),
    [
        (
            ["s3://shared/reviews/", "s3://shared/movielens/u.data"],
            {"shared"},
            {"shared/reviews/*", "shared/movielens/u.data*"},
        ),
        ([], set(), set()),
    ],
)
def test_data_sets_elsewhere_can_be_allowed(
    uris: list[str], buckets: set[str], objects: set[str]
) -> None:
    app = App()
    role = iam.Role(Stack(app, "Stack"), "Role", assumed_by=iam.AnyPrincipal())

    allow_datasets(role, uris)

    template = app.synth().get_stack_by_name("Stack").template
    (name,) = resources_of(template, "AWS::IAM::Role")
    found = granted(template, name)
    arn = "arn:<AWS::Partition>:s3:::"
    assert {g.resource.removeprefix(arn) for g in found if g.action == "s3:ListBucket"} == buckets
    assert {g.resource.removeprefix(arn) for g in found if g.action == "s3:GetObject"} == objects
    assert {g.action for g in found} <= {"s3:ListBucket", "s3:GetObject"}
