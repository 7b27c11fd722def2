"""One synthesis for all tests of the infrastructure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.node import use_found_node

use_found_node()  # before any test module imports the CDK

from embedded_aws.server import EmbeddedAws  # noqa: E402
from infra.snapshots import readable_definition  # noqa: E402
from tests.integration.embedded_aws.conftest import make_role  # noqa: E402

Template = dict[str, Any]


@pytest.fixture(scope="session")
def template(assembly: Path) -> Template:
    return load_template(assembly)


@pytest.fixture(scope="session")
def definition(template: Template) -> dict[str, Any]:
    return readable_definition(template)


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    """Give an embedded AWS whose role may do everything: what is tested is the definition."""
    with EmbeddedAws() as embedded:
        make_role(embedded)
        yield embedded


def load_template(assembly: Path) -> Template:
    content: Template = json.loads((assembly / "VideoRecommender.template.json").read_text("utf-8"))
    return content


def resources_of(template: Template, resource_type: str) -> dict[str, dict[str, Any]]:
    """Resources of a type by logical id; a test over none of them would pass in vain."""
    found = {
        logical_id: resource
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == resource_type
    }
    assert found, f"no {resource_type} in the template"
    return found
