"""What the workflow needs from the stack that contains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from workflow.failure_notice import FailureNotice


@dataclass(frozen=True, kw_only=True)
class JobSecurity:
    """How SageMaker's jobs and models are encrypted and cut off.

    Parameters
    ----------
    kms_key_arn : str or None
        Key of volumes and of what jobs write; None: AWS's own.
    subnet_ids, security_group_ids : sequence of str
        The private network of containers; none: AWS's.
    network_isolation : bool
        Whether containers are cut off from every network. SageMaker itself moves the data.
    """

    kms_key_arn: str | None = None
    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()
    network_isolation: bool = False

    @property
    def container(self) -> dict[str, Any]:
        """Members of CreateTrainingJob and of CreateModel."""
        members: dict[str, Any] = {}
        if self.network_isolation:
            members["EnableNetworkIsolation"] = True
        if self.subnet_ids:
            members["VpcConfig"] = {
                "Subnets": list(self.subnet_ids),
                "SecurityGroupIds": list(self.security_group_ids),
            }
        return members

    @property
    def traffic(self) -> dict[str, Any]:
        """Members of CreateTrainingJob: instances that talk to each other do so encrypted."""
        return {"EnableInterContainerTrafficEncryption": True} if self.subnet_ids else {}

    @property
    def volume(self) -> dict[str, str]:
        """Member of the resources of a job."""
        return {"VolumeKmsKeyId": self.kms_key_arn} if self.kms_key_arn else {}

    @property
    def output(self) -> dict[str, str]:
        """Member of the output of a job."""
        return {"KmsKeyId": self.kms_key_arn} if self.kms_key_arn else {}


@dataclass(frozen=True, kw_only=True)
class GlueJob:
    """A job of AWS Glue.

    Parameters
    ----------
    name : str
        May contain CloudFormation tokens.
    timeout : Duration
        Of a run.
    """

    name: str
    timeout: Duration


@dataclass(frozen=True, kw_only=True)
class WorkflowResources:
    """Everything the states refer to.

    Parameters
    ----------
    functions : mapping of str to Function
        Lambda functions by state name, for example ``"ResolveRun"``.
    spark_job : GlueJob
        Prepares ratings that outgrow a function.
    bucket : IBucket
        The data bucket.
    job_role : IRole
        The role that SageMaker's jobs and models run with.
    training_image : str
        Image URI of the algorithm; may contain CloudFormation tokens.
    security : JobSecurity
        Of the jobs and models.
    input_defaults : mapping
        What holds where an execution input says nothing.
    failure_notice : FailureNotice
        Who is told of a failed run.
    """

    functions: Mapping[str, lambda_.Function]
    spark_job: GlueJob
    bucket: s3.IBucket
    job_role: iam.IRole
    training_image: str
    failure_notice: FailureNotice
    security: JobSecurity = field(default_factory=JobSecurity)
    input_defaults: Mapping[str, Any] = field(default_factory=dict)
