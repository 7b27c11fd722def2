"""The image: there, missing, not to be seen."""

import pytest

from console.doctor.algorithm_image import check_image
from console.doctor.finding import Status, checked

URI = "4384.dkr.ecr.eu-west-1.amazonaws.com/factorization-machines:1"


def test_image_that_is_there(stub, assembly):
    ecr, stubber = stub("ecr")
    stubber.add_response(
        "describe_images",
        {"imageDetails": [{"imageDigest": "sha256:" + "a" * 64}]},
        {
            "registryId": "4384",
            "repositoryName": "factorization-machines",
            "imageIds": [{"imageTag": "1"}],
        },
    )

    (finding,) = check_image(ecr, "eu-west-1", assembly)

    assert finding.status is Status.OK
    assert URI in finding.found
    assert "not pulled" in finding.found


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("RepositoryNotFoundException", "problem"),
        ("ImageNotFoundException", "problem"),
        ("AccessDeniedException", "skipped"),
    ],
)
def test_image_that_is_not_to_be_seen(stub, assembly, code, status):
    ecr, stubber = stub("ecr")
    stubber.add_client_error("describe_images", code)

    (finding,) = checked("image", lambda: check_image(ecr, "eu-west-1", assembly))

    assert finding.status == status
    assert URI in finding.found


def test_region_without_a_registry(stub, assembly):
    ecr, _ = stub("ecr")

    (finding,) = checked("image", lambda: check_image(ecr, "mars-north-1", assembly))

    assert finding.status is Status.SKIPPED
