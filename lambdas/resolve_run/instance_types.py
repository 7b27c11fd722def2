"""Which machines SageMaker has for which kind of job."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Literal

from pydantic import AfterValidator

JobKind = Literal["training", "batch transform"]

_SHAPES = {"training": "TrainingInstanceType", "batch transform": "TransformInstanceType"}


@lru_cache
def instance_types(job: JobKind) -> tuple[str, ...]:
    """List the instance types that SageMaker's API takes for a kind of job.

    They are those of botocore's model of the API (``TrainingInstanceType`` and
    ``TransformInstanceType``). The model says neither which region has them, nor what the account's
    quota is, nor which of them suit the algorithm; and it is as old as the botocore that is
    installed, in Lambda the runtime's own, so that the newest types may be missing.
    """
    # Imported here, as only those who name an instance type should wait for it.
    from botocore.loaders import Loader

    model = Loader().load_service_model("sagemaker", "service-2")
    return tuple(model["shapes"][_SHAPES[job]]["enum"])


def offered_for(job: JobKind) -> AfterValidator:
    """Make a check that SageMaker has an instance type for a kind of job."""

    def check(name: str) -> str:
        known = instance_types(job)
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)
            raise ValueError(
                f'SageMaker has no instance type "{name}" for {job}; did you mean "{nearest[0]}"?'
            )
        return name

    return AfterValidator(check)
