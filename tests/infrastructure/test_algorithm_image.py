"""The table of image URIs is the SageMaker SDK's."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from infra.constructs.algorithm_image import REGISTRY_ACCOUNTS, image_uri
from tests.infrastructure.conftest import Template

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydantic and pkg_resources, on import
    from sagemaker import image_uris


@pytest.fixture(scope="module")
def sdk_regions() -> dict[str, str]:
    config = image_uris.config_for_framework("factorization-machines")
    return dict(config["versions"]["1"]["registries"])


def test_table_has_the_regions_and_accounts_of_the_sdk(sdk_regions: dict[str, str]) -> None:
    assert sdk_regions == REGISTRY_ACCOUNTS


@pytest.mark.parametrize("region", REGISTRY_ACCOUNTS)
def test_image_uri_is_the_sdks(region: str) -> None:
    assert image_uri(region) == image_uris.retrieve("factorization-machines", region)


def test_template_looks_the_region_up(template: Template, definition: dict[str, Any]) -> None:
    (mapping,) = template["Mappings"].values()
    image = definition["States"]["TrainModel"]["Parameters"]["AlgorithmSpecification"]

    for region, values in mapping.items():
        uri = (
            image["TrainingImage"]
            .replace("${AlgorithmImageRegistry.AWS::Region.Account}", values["Account"])
            .replace("${AlgorithmImageRegistry.AWS::Region.DomainSuffix}", values["DomainSuffix"])
            .replace("${AWS::Region}", region)
        )
        assert uri == image_uri(region)
    assert set(mapping) == set(REGISTRY_ACCOUNTS)


def test_image_is_pulled_from_the_same_registry(template: Template) -> None:
    (name,) = template["Mappings"]
    account = {"Fn::FindInMap": [name, {"Ref": "AWS::Region"}, "Account"]}

    assert json.dumps(account) in json.dumps(
        [
            statement["Resource"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::IAM::Policy"
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]
            if "ecr:BatchGetImage" in statement["Action"]
        ]
    )
