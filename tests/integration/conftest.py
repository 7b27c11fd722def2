"""What tests of the deployed workflow share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_aws.server import EmbeddedAws
from tests.integration.deployed_workflow import upload_planted_ratings


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        yield embedded


@pytest.fixture(scope="module")
def stack(aws: EmbeddedAws, assembly: Path) -> dict[str, str]:
    """Deploy the synthesized stack, with ratings; gives its outputs."""
    outputs = aws.deploy(assembly)
    upload_planted_ratings(aws, outputs["DataBucketName"])
    return outputs
