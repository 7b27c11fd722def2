"""The algorithm's image: which one the template names, and whether it is to be seen."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from console.doctor.assembly import Assembly
from console.doctor.finding import Finding, NotSeenError, Status, ask, code_of

_REPOSITORY, _TAG = "factorization-machines", "1"
_MISSING = {"RepositoryNotFoundException", "ImageNotFoundException"}


def check_image(ecr: Any, region: str, assembly: Assembly) -> list[Finding]:
    """Ask the algorithm's registry for the image, without pulling it.

    The registry is AWS's own. Whether it answers strangers is not documented; SageMaker pulls with
    the execution role of the stack, which this does not try.

    Parameters
    ----------
    ecr : ECR client of boto3
    region : str
    assembly : Assembly

    Raises
    ------
    NotSeenError
        If the region's registry is not known, or may not be asked.
    """
    registry = assembly.image_registries.get(region)
    if registry is None:
        raise NotSeenError(f"no registry is known in {region}")
    host = f"{registry['Account']}.dkr.ecr.{region}.{registry['DomainSuffix']}"
    uri = f"{host}/{_REPOSITORY}:{_TAG}"
    try:
        answer = ask(
            "ecr:DescribeImages",
            lambda: ecr.describe_images(
                registryId=registry["Account"],
                repositoryName=_REPOSITORY,
                imageIds=[{"imageTag": _TAG}],
            ),
        )
    except NotSeenError as error:
        raise NotSeenError(f"{uri}: {error.reason}; runs do not need it") from error
    except ClientError as error:
        if code_of(error) not in _MISSING:
            raise
        found = f"{uri} is not there ({code_of(error)})"
        return [Finding("image", Status.PROBLEM, found, "choose another region")]
    digest = answer["imageDetails"][0]["imageDigest"]
    return [Finding("image", Status.OK, f"{uri} is there ({digest[:19]}); it was not pulled")]
