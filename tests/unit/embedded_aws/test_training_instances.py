"""Sharded training is not distributed here: a job of several instances is refused, not cut down."""

import pytest

import embedded_aws.fixes  # noqa: F401 - loads the packages that import each other
from embedded_aws.sagemaker.training_job import check_training_request
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

IMAGE = "1.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1"


def test_several_instances_are_refused_by_name():
    request = {"AlgorithmSpecification": {"TrainingImage": IMAGE}}
    check_training_request({**request, "ResourceConfig": {"InstanceCount": 1}})

    with pytest.raises(UnsupportedInEmbeddedAws, match="trains on one instance only"):
        check_training_request({**request, "ResourceConfig": {"InstanceCount": 2}})
