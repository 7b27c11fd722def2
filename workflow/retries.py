"""Retry policies by name: what is worth repeating, how patiently, and what is not.

Errors that repeat themselves are in no policy: a refused input, a failed algorithm, a missing
permission, a time limit. Jitter keeps runs that fail together from coming back together.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently a state is tried again.

    Parameters
    ----------
    errors : tuple of str
        Error names that are worth another attempt.
    first_wait_seconds, longest_wait_seconds : int
        Wait before the first retry, and the limit of its growth.
    backoff_rate : float
        Growth of the wait from retry to retry.
    max_attempts : int
        Number of retries.
    jitter : bool
        Wait a random part of the time instead of all of it.
    """

    errors: tuple[str, ...]
    first_wait_seconds: int
    longest_wait_seconds: int
    max_attempts: int
    backoff_rate: float = 2
    jitter: bool = True

    def apply_to(self, state: sfn.TaskStateBase | sfn.CustomState) -> None:
        """Add the policy to `state`; each policy counts its own attempts."""
        state.add_retry(
            errors=list(self.errors),
            interval=Duration.seconds(self.first_wait_seconds),
            max_delay=Duration.seconds(self.longest_wait_seconds),
            max_attempts=self.max_attempts,
            backoff_rate=self.backoff_rate,
            jitter_strategy=sfn.JitterType.FULL if self.jitter else sfn.JitterType.NONE,
        )


# Lambda could not run the function, or lost it; a function's own errors have other names.
LAMBDA_SERVICE = RetryPolicy(
    errors=(
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.TooManyRequestsException",
    ),
    first_wait_seconds=2,
    longest_wait_seconds=60,
    max_attempts=6,
)

# The quota of instances is used up, probably by another run: wait up to a day for it. Less than
# 100 attempts with those of SAGEMAKER_SERVICE, so that their number fits into a job's name.
SAGEMAKER_QUOTA = RetryPolicy(
    errors=("SageMaker.ResourceLimitExceededException",),
    first_wait_seconds=60,
    longest_wait_seconds=900,
    max_attempts=90,
    backoff_rate=1.5,
    jitter=False,
)

# Step Functions reports throttling and SageMaker's 5xx under this name, but refused parameters
# as well: hence few attempts.
SAGEMAKER_SERVICE = RetryPolicy(
    errors=("SageMaker.AmazonSageMakerException", "ThrottlingException"),
    first_wait_seconds=3,
    longest_wait_seconds=60,
    max_attempts=4,
)

# All the job's concurrent runs, or the account's workers, are in use: wait up to a day for them.
GLUE_QUOTA = RetryPolicy(
    errors=("Glue.ConcurrentRunsExceededException", "Glue.ResourceNumberLimitExceededException"),
    first_wait_seconds=60,
    longest_wait_seconds=900,
    max_attempts=90,
    backoff_rate=1.5,
    jitter=False,
)
# What Glue's model has no name for, throttling among it, is AWSGlueException; so are refusals.
GLUE_SERVICE = RetryPolicy(
    errors=(
        "Glue.AWSGlueException",
        "Glue.InternalServiceException",
        "Glue.OperationTimeoutException",
        "Glue.ThrottlingException",
    ),
    first_wait_seconds=3,
    longest_wait_seconds=60,
    max_attempts=4,
)

# Plain API calls: the AWS SDK integration names errors <Service>.<Exception>.
SAGEMAKER_API = RetryPolicy(
    errors=("SageMaker.SageMakerException", "SageMaker.SdkClientException"),
    first_wait_seconds=1,
    longest_wait_seconds=30,
    max_attempts=4,
)
S3_API = RetryPolicy(
    errors=("S3.S3Exception", "S3.SdkClientException"),
    first_wait_seconds=1,
    longest_wait_seconds=30,
    max_attempts=4,
)
SNS_API = RetryPolicy(
    errors=("SNS.AmazonSNSException", "SNS.SdkClientException", "SNS.ThrottledException"),
    first_wait_seconds=1,
    longest_wait_seconds=30,
    max_attempts=4,
)
