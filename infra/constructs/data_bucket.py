"""The bucket that holds raw ratings, the runs' files and the record of the model in use."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.encryption import Encryption
from infra.nag import keep
from infra.settings import DeploymentSettings
from recommender.run_layout import RUNS_PREFIX

UPLOAD_DAYS = 7
NONCURRENT_DAYS = 30


class DataBucket(Construct):
    """Encrypted, versioned, TLS only, closed to the public; old runs expire.

    Attributes
    ----------
    bucket : Bucket
        The bucket; CloudFormation makes up its name.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        encryption: Encryption,
        settings: DeploymentSettings,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=(
                s3.BucketEncryption.KMS if encryption.key else s3.BucketEncryption.S3_MANAGED
            ),
            encryption_key=encryption.key,
            bucket_key_enabled=True if encryption.key else None,  # far fewer calls of KMS
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="ExpireRuns",
                    prefix=RUNS_PREFIX,
                    expiration=Duration.days(settings.run_expiration_days),
                ),
                s3.LifecycleRule(
                    id="ExpireNoncurrentVersions",
                    noncurrent_version_expiration=Duration.days(NONCURRENT_DAYS),
                    expired_object_delete_marker=True,
                ),
                s3.LifecycleRule(
                    id="AbortIncompleteUploads",
                    abort_incomplete_multipart_upload_after=Duration.days(UPLOAD_DAYS),
                ),
            ],
            removal_policy=settings.cdk_removal_policy,
            auto_delete_objects=settings.destroys_data,
        )
        keep(
            self.bucket,
            "S1",
            "only the pipeline's roles have access, and each execution's history says what it read "
            "and wrote; CloudTrail's data events tell more than access logs where that is wanted",
        )
