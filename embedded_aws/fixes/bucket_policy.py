"""``AWS::S3::BucketPolicy`` exists; moto skips it with a warning.

moto applies bucket policies but not their conditions, so a statement that denies plain HTTP or old
TLS would deny everything. The embedded AWS is reached over loopback HTTP, so these statements are
kept out of the policy that moto applies.
"""

from __future__ import annotations

import json
from typing import Any

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

_TRANSPORT_KEYS = ("aws:SecureTransport", "s3:TlsVersion")


class BucketPolicy(CloudFormationModel):
    """The policy of one bucket.

    Parameters
    ----------
    bucket_name : str
        The bucket that it belongs to; CloudFormation's physical id, too.
    """

    def __init__(self, bucket_name: str):
        self.bucket_name = bucket_name

    @property
    def physical_resource_id(self) -> str:
        """CloudFormation's id of the resource."""
        return self.bucket_name

    @staticmethod
    def cloudformation_name_type() -> str:
        """A bucket policy has no name of its own."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """The resource type in templates."""
        return "AWS::S3::BucketPolicy"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003
        """It has no attributes."""
        return False

    def is_created(self) -> bool:
        """It exists as soon as it is made."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,  # noqa: ARG003
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> BucketPolicy:
        """Put the policy on its bucket."""
        properties = cloudformation_json["Properties"]
        document = properties["PolicyDocument"]
        statements = [s for s in document["Statement"] if not _is_about_transport(s)]
        if statements:
            s3_backends[account_id][get_partition(region_name)].put_bucket_policy(
                properties["Bucket"],
                json.dumps({**document, "Statement": statements}).encode(),
            )
        return cls(properties["Bucket"])

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: BucketPolicy,  # noqa: ARG003
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> BucketPolicy:
        """Replace the policy."""
        return cls.create_from_cloudformation_json(
            new_resource_name, cloudformation_json, account_id, region_name
        )

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003
        account_id: str,
        region_name: str,
    ) -> None:
        """Take the policy off its bucket."""
        s3_backends[account_id][get_partition(region_name)].delete_bucket_policy(resource_name)


def _is_about_transport(statement: dict[str, Any]) -> bool:
    condition = json.dumps(statement.get("Condition", {}))
    return statement["Effect"] == "Deny" and any(key in condition for key in _TRANSPORT_KEYS)


def apply() -> None:
    """Make moto's template parser look for resource types again."""
    parsing.get_model_list.cache_clear()
    parsing.get_model_map.cache_clear()
    parsing.get_name_type_map.cache_clear()
