"""What the workflow needs from the stack that contains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3


@dataclass(frozen=True, kw_only=True)
class WorkflowResources:
    """Everything the states refer to.

    Parameters
    ----------
    functions : mapping of str to Function
        Lambda functions by state name, for example ``"ResolveRun"``.
    bucket : IBucket
        The data bucket.
    job_role : IRole
        The role that SageMaker's jobs and models run with.
    training_image : str
        Image URI of the algorithm; may contain CloudFormation tokens.
    """

    functions: Mapping[str, lambda_.Function]
    bucket: s3.IBucket
    job_role: iam.IRole
    training_image: str
