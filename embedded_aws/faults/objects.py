"""Harm to an input in S3, just before a step reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from embedded_aws.faults.plan import Fault

_FLIPPED_BYTES = 64
# Members of requests that say where results go.
_OUTPUTS = ("S3OutputPath",)


def uris_in(parameters: Any) -> list[str]:
    """Find the S3 URIs in a call's parameters that are not for its output."""
    if isinstance(parameters, str):
        return [parameters] if parameters.startswith("s3://") else []
    if isinstance(parameters, Mapping):
        values: Sequence[Any] = [v for k, v in parameters.items() if k not in _OUTPUTS]
    elif isinstance(parameters, list):
        values = parameters
    else:
        return []
    return [uri for value in values for uri in uris_in(value)]


def harm(s3: Any, uris: Sequence[str], fault: Fault) -> str:
    """Delete or corrupt one object.

    The first object, in the order of `uris` and then of the keys, whose key contains the fault's
    argument.

    Parameters
    ----------
    s3 : boto3 client
    uris : sequence of str
        Objects and prefixes that the step reads.
    fault : Fault
        ``MissingObject``, ``TruncatedObject`` or ``CorruptedObject``.

    Returns
    -------
    str
        What was done to which object.
    """
    for uri in uris:
        parts = urlsplit(uri)
        bucket, prefix = parts.netloc, parts.path.lstrip("/")
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        keys = [item["Key"] for item in listed if (fault.argument or "") in item["Key"]]
        if keys:
            return _harm_one(s3, bucket, min(keys), fault)
    wanted = f" with {fault.argument!r} in its key" if fault.argument else ""
    return f"nothing was harmed: no object{wanted} under {', '.join(uris) or 'no S3 URI'}"


def _harm_one(s3: Any, bucket: str, key: str, fault: Fault) -> str:
    uri = f"s3://{bucket}/{key}"
    if fault.kind.name == "MissingObject":
        s3.delete_object(Bucket=bucket, Key=key)
        return f"deleted {uri}"
    found = s3.get_object(Bucket=bucket, Key=key)
    content: bytes = found["Body"].read()
    half = len(content) // 2
    if fault.kind.name == "TruncatedObject":
        kept = half | 1  # odd: inside a record of formats that align theirs
        done, harmed = f"cut {len(content)} bytes down to {kept} of", content[:kept]
    else:
        flipped = bytes(byte ^ 0xFF for byte in content[half : half + _FLIPPED_BYTES])
        harmed = content[:half] + flipped + content[half + _FLIPPED_BYTES :]
        done = f"flipped {len(flipped)} bytes from byte {half} of"
    s3.put_object(Bucket=bucket, Key=key, Body=harmed, ContentType=found["ContentType"])
    return f"{done} {uri}"
