"""Parts of the deployment settings that belong together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FunctionName = Literal["ResolveRun", "ClaimRun", "Preprocess", "ConvertRecordIO", "Evaluate"]

KmsKey = Annotated[
    str, Field(pattern=r"^(aws|stack|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+)$")
]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]
PolicyArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/\S+$")]


class Section(BaseModel):
    """Unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NetworkSettings(Section):
    """The private network that functions and jobs run in.

    It must let them reach S3, SageMaker, Step Functions, CloudWatch Logs and ECR: by VPC endpoints
    or a NAT gateway.

    Parameters
    ----------
    vpc_id : str
    subnet_ids, security_group_ids : list of str
    """

    vpc_id: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")]
    subnet_ids: Annotated[list[SubnetId], Field(min_length=1, max_length=16)]
    security_group_ids: Annotated[list[SecurityGroupId], Field(min_length=1, max_length=5)]


class FunctionSettings(Section):
    """What a function gets, where that differs from docs/functions.md.

    Parameters
    ----------
    memory_mib : int or None
        128 to 10,240, with a share of processors in proportion.
    disk_mib : int or None
        512 to 10,240, below ``/tmp``.
    timeout_seconds : int or None
        At most 900.
    """

    memory_mib: Annotated[int, Field(ge=128, le=10240)] | None = None
    disk_mib: Annotated[int, Field(ge=512, le=10240)] | None = None
    timeout_seconds: Annotated[int, Field(ge=1, le=900)] | None = None
