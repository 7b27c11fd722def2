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


class SparkSettings(Section):
    """The Glue job that prepares ratings which outgrow a function.

    Parameters
    ----------
    min_rows : int
        From how many ratings on, by an estimate of their size, it is taken unless the input
        decides. Preprocess and its 3,072 MiB of memory were measured up to the default.
    worker_type : str
        G.1X has 4 processors and 16 GB of memory, each next one twice as much.
    max_workers : int
        Glue adds and removes workers as tasks come and go, up to so many.
    timeout_minutes : int
        Of a run; at most 7 days.
    connection : str or None
        Name of a Glue connection of the type NETWORK, for a private network. It must let workers
        reach S3, CloudWatch Logs and a package index.
    """

    min_rows: Annotated[int, Field(ge=1)] = 16_000_000
    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = "G.1X"
    max_workers: Annotated[int, Field(ge=2, le=299)] = 10
    timeout_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 480
    connection: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,255}$")] | None = None
