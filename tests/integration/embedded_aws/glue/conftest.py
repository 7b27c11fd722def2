"""Jobs of the module's embedded AWS."""

from __future__ import annotations

import pytest

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.glue.job_scripts import BUCKET, Jobs


@pytest.fixture(scope="module")
def jobs(aws: EmbeddedAws) -> Jobs:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    return Jobs(aws)
