"""Buckets made by CloudFormation are versioned, closed to the public and expire old objects.

moto hands on encryption and tags only.
"""

from __future__ import annotations

from typing import Any

from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition


def _api_lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Translate one CloudFormation rule into the form that moto parses from the API's XML."""
    api: dict[str, Any] = {
        "ID": rule.get("Id"),
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }
    if "ExpirationInDays" in rule:
        api["Expiration"] = {"Days": rule["ExpirationInDays"]}
    elif rule.get("ExpiredObjectDeleteMarker"):
        api["Expiration"] = {"ExpiredObjectDeleteMarker": "true"}
    if "NoncurrentVersionExpiration" in rule:
        api["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
    if "AbortIncompleteMultipartUpload" in rule:
        api["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return api


def apply() -> None:
    """Hand on versioning, public access block, ownership and lifecycle."""
    create = FakeBucket.create_from_cloudformation_json.__func__

    def create_with_all_properties(
        cls: type[FakeBucket],
        /,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> FakeBucket:
        bucket: FakeBucket = create(
            cls, resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
        properties = cloudformation_json.get("Properties", {})
        backend = s3_backends[account_id][get_partition(region_name)]
        if "VersioningConfiguration" in properties:
            backend.put_bucket_versioning(
                bucket.name, properties["VersioningConfiguration"]["Status"]
            )
        if "PublicAccessBlockConfiguration" in properties:
            backend.put_public_access_block(
                bucket.name, properties["PublicAccessBlockConfiguration"]
            )
        if "OwnershipControls" in properties:
            rules = properties["OwnershipControls"]["Rules"]
            backend.put_bucket_ownership_controls(bucket.name, {"Rule": rules[0]})
        if "LifecycleConfiguration" in properties:
            backend.put_bucket_lifecycle_configuration(
                bucket.name,
                [_api_lifecycle_rule(r) for r in properties["LifecycleConfiguration"]["Rules"]],
            )
        return bucket

    FakeBucket.create_from_cloudformation_json = classmethod(create_with_all_properties)
