"""Clients that answer what a test says, checked against the services' own models."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from console.doctor.assembly import Assembly

TEMPLATE = {
    "Mappings": {"Registry": {"eu-west-1": {"Account": "4384", "DomainSuffix": "amazonaws.com"}}},
    "Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}}},
}


@pytest.fixture
def assembly() -> Assembly:
    return Assembly("Stack", TEMPLATE, "/cdk-bootstrap/x/version", 6)


@pytest.fixture
def stub() -> Iterator[Callable[[str], tuple[Any, Stubber]]]:
    """Give a client and its stubber; every planned answer must be asked for."""
    stubbers = []

    def make(service: str) -> tuple[Any, Stubber]:
        client = boto3.client(
            service, region_name="eu-west-1", aws_access_key_id="A", aws_secret_access_key="B"
        )
        stubber = Stubber(client)
        stubber.activate()
        stubbers.append(stubber)
        return client, stubber

    yield make
    for stubber in stubbers:
        stubber.assert_no_pending_responses()
